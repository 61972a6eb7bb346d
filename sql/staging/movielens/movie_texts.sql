-- dataset, movie_id, title, year, imdb_id, tmdb_id, overview; the file serves several datasets
SELECT lines.line, raw ->> 'movie_id' AS item_id, try_cast(raw ->> 'year' AS INTEGER) AS year,
    trim(raw ->> 'overview') AS text, 'overview' AS kind,
    json_object('imdb_id', nullif(raw ->> 'imdb_id', ''), 'tmdb_id', nullif(raw ->> 'tmdb_id', '')) AS attributes,
    raw ->> 'movie_id' AS key,
    CASE WHEN products.item_id IS NULL THEN 'film: not in the films file: ' || coalesce(raw ->> 'movie_id', 'missing')
    END AS reason
FROM lines
LEFT JOIN staging.products
    ON products.dataset = getvariable('dataset') AND products.item_id = raw ->> 'movie_id'
WHERE raw ->> 'dataset' = getvariable('dataset')
