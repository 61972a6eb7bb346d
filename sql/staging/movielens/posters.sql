-- dataset, movie_id, title, file (below the folder of posters.csv); the file serves several datasets
SELECT lines.line, raw ->> 'movie_id' AS item_id, raw ->> 'file' AS image_id, 'disk' AS source,
    'movielens/' || (raw ->> 'file') AS file, raw ->> 'movie_id' AS key,
    CASE
        WHEN products.item_id IS NULL THEN 'film: not in the films file: ' || coalesce(raw ->> 'movie_id', 'missing')
        WHEN coalesce(raw ->> 'file', '') = '' THEN 'file: missing'
        WHEN (raw ->> 'file') LIKE '/%' OR (raw ->> 'file') LIKE '%..%' THEN 'file: leaves the folder: ' || (raw ->> 'file')
    END AS reason
FROM lines
LEFT JOIN staging.products
    ON products.dataset = getvariable('dataset') AND products.item_id = raw ->> 'movie_id'
WHERE raw ->> 'dataset' = getvariable('dataset')
