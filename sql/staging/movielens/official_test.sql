-- the official held-out ratings: user, item, rating, epoch seconds
WITH fields AS (SELECT line, string_split(raw, chr(9)) AS f FROM lines)
SELECT fields.line, getvariable('protocol') AS protocol, f[1] AS user_id, f[2] AS item_id, f[1] || ' ' || f[2] AS key,
    CASE
        WHEN len(f) <> 4 THEN 'expected 4 fields, found ' || len(f)
        WHEN ratings.item_id IS NULL THEN 'rating: not in the ratings file'
    END AS reason
FROM fields
LEFT JOIN staging.ratings
    ON ratings.dataset = getvariable('dataset') AND ratings.user_id = f[1] AND ratings.item_id = f[2]
