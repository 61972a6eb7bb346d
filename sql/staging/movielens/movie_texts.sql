-- dataset, movie_id, title, year, imdb_id, tmdb_id, overview; the file serves several datasets
SELECT line, raw, raw ->> 'movie_id' AS item_id, try_cast(raw ->> 'year' AS INTEGER) AS year,
    cleaned(raw ->> 'overview') AS text, 'overview' AS kind,
    json_object('imdb_id', nullif(raw ->> 'imdb_id', ''), 'tmdb_id', nullif(raw ->> 'tmdb_id', '')) AS attributes,
    CASE WHEN coalesce(raw ->> 'movie_id', '') = '' THEN 'movie_id: missing' END AS reason
FROM lines
WHERE raw ->> 'dataset' = getvariable('dataset')
