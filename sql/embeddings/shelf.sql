-- How many vectors an encoder has, how many nothing refers to, and how many references have none.
WITH held AS (SELECT key FROM $vectors), wanted AS (SELECT key FROM referred WHERE encoder = $encoder)
SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM held ANTI JOIN wanted USING (key)),
    (SELECT count(*) FROM wanted ANTI JOIN held USING (key))
