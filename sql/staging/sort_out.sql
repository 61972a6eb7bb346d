-- The fate of every parsed record: rejected where it has a reason, a duplicate where an earlier good record has its
-- key, else loaded.
CREATE OR REPLACE TEMP TABLE sorted AS
SELECT *,
    CASE
        WHEN reason IS NOT NULL THEN 'rejected'
        WHEN key IS NOT NULL
             AND row_number() OVER (PARTITION BY key, reason IS NULL ORDER BY line) > 1 THEN 'duplicate'
        ELSE 'loaded'
    END AS fate
FROM parsed
