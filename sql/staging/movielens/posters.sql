-- dataset, movie_id, title, file (below the folder of posters.csv); the file serves several datasets
SELECT line, raw, raw ->> 'movie_id' AS item_id, raw ->> 'file' AS image_id, 'disk' AS source,
    'movielens/' || (raw ->> 'file') AS file,
    CASE
        WHEN coalesce(raw ->> 'movie_id', '') = '' THEN 'movie_id: missing'
        WHEN coalesce(raw ->> 'file', '') = '' THEN 'file: missing'
        WHEN (raw ->> 'file') LIKE '/%' OR (raw ->> 'file') LIKE '%..%' THEN 'file: leaves the folder: ' || (raw ->> 'file')
    END AS reason
FROM lines
WHERE raw ->> 'dataset' = getvariable('dataset')
