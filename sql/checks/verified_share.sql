-- Share of verified purchases among the reviews that say.
SELECT avg(verified::INTEGER) AS share, count(verified) AS that_say, count(*) AS reviews FROM reviews
