-- movieId, title, genres (pipe-separated, or "(no genres listed)")
WITH fields AS (SELECT line, raw, raw ->> 'movieId' AS id, raw ->> 'title' AS title, raw ->> 'genres' AS genres FROM lines)
SELECT line, raw, id AS item_id, trim(title) AS title,
    list_filter(string_split(genres, '|'), lambda name: name NOT IN ('', '(no genres listed)')) AS categories,
    try_cast(nullif(regexp_extract(title, '\((\d{4})[^)]*\)\s*$', 1), '') AS INTEGER) AS year,
    CASE
        WHEN try_cast(id AS BIGINT) IS NULL THEN 'movieId: not a number: ' || coalesce(id, 'missing')
        WHEN genres IS NULL THEN 'genres: missing'
    END AS reason
FROM fields
