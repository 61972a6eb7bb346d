-- id :: title (year) :: genre|genre
WITH fields AS (SELECT line, raw, string_split(raw, '::') AS f FROM lines)
SELECT line, raw, f[1] AS item_id, trim(f[2]) AS title,
    list_filter(string_split(trim(f[3]), '|'), lambda name: name <> '') AS categories,
    try_cast(nullif(regexp_extract(f[2], '\((\d{4})[^)]*\)\s*$', 1), '') AS INTEGER) AS year,
    CASE
        WHEN len(f) <> 3 THEN 'expected 3 fields, found ' || len(f)
        WHEN try_cast(f[1] AS BIGINT) IS NULL THEN 'film id: not a number: ' || f[1]
    END AS reason
FROM fields
