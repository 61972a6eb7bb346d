-- Pictures on disk that a source lists, in a fixed order. One that is only an address is the crawler's to fetch.
SELECT item_id, image_id, source, url, file AS path FROM staging.pictures
WHERE file IS NOT NULL
ORDER BY item_id, image_id, line
