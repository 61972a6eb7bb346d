-- One row where there is no interaction.
SELECT 'no interactions' AS problem FROM (SELECT count(*) AS n FROM interactions) WHERE n = 0
