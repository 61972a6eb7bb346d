-- movieId, imdbId (digits, without tt), tmdbId (may be empty)
WITH fields AS (SELECT line, raw, string_split(raw, ',') AS f FROM lines)
SELECT line, raw, trim(f[1]) AS item_id, 'links' AS kind,
    json_object('imdb_id', 'tt' || lpad(nullif(trim(f[2]), ''), 7, '0'), 'tmdb_id', nullif(trim(f[3]), '')) AS attributes,
    CASE
        WHEN len(f) <> 3 THEN 'expected 3 fields, found ' || len(f)
        WHEN try_cast(f[1] AS BIGINT) IS NULL THEN 'movieId: not a number: ' || f[1]
        WHEN NOT regexp_full_match(trim(f[2]), '\d*') THEN 'imdbId: not a number: ' || f[2]
        WHEN NOT regexp_full_match(trim(f[3]), '\d*') THEN 'tmdbId: not a number: ' || f[3]
    END AS reason
FROM fields
