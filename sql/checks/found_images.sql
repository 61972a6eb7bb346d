-- Pictures that are said to be found, but lack what is known of a found one.
SELECT item_id, image_id, path, sha256, width, height, bytes
FROM images
WHERE status = 'found'
    AND (path IS NULL OR sha256 IS NULL OR width IS NULL OR height IS NULL OR coalesce(bytes, 0) = 0 OR reason IS NOT NULL)
