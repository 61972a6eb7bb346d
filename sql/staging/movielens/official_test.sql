-- the official held-out ratings: user, item, rating, epoch seconds
WITH fields AS (SELECT line, raw, string_split(raw, chr(9)) AS f FROM lines)
SELECT line, raw, getvariable('protocol') AS protocol, f[1] AS user_id, f[2] AS item_id,
    CASE WHEN len(f) <> 4 THEN 'expected 4 fields, found ' || len(f) END AS reason
FROM fields
