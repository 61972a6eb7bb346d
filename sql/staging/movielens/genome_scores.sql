-- movieId, tagId, relevance from 0 to 1
WITH fields AS (SELECT line, raw, string_split(raw, ',') AS f FROM lines)
SELECT line, raw, trim(f[1]) AS item_id, trim(f[2]) AS tag_id, try_cast(f[3] AS DOUBLE) AS relevance,
    CASE
        WHEN len(f) <> 3 THEN 'expected 3 fields, found ' || len(f)
        WHEN relevance IS NULL OR relevance NOT BETWEEN 0 AND 1 THEN 'relevance: not a number from 0 to 1: ' || f[3]
    END AS reason
FROM fields
