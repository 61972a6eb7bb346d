-- id | title (year) | release date | video release date | URL | 19 genre flags (ml-100k README)
WITH fields AS (SELECT line, raw, string_split(raw, '|') AS f FROM lines)
SELECT line, raw, f[1] AS item_id, trim(f[2]) AS title,
    list_filter(list_transform(ml_100k_genres(), lambda name, i: CASE WHEN f[5 + i] = '1' THEN name END),
                lambda name: name IS NOT NULL AND name <> 'unknown') AS categories,
    try_cast(coalesce(nullif(regexp_extract(f[2], '\((\d{4})[^)]*\)\s*$', 1), ''), right(f[3], 4)) AS INTEGER) AS year,
    CASE
        WHEN len(f) <> 24 THEN 'expected 24 fields, found ' || len(f)
        WHEN try_cast(f[1] AS BIGINT) IS NULL THEN 'film id: not a number: ' || f[1]
    END AS reason
FROM fields
