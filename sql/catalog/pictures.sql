-- Pictures that a source lists, in a fixed order.
SELECT item_id, image_id, source, url, file FROM staging.pictures WHERE dataset = $dataset ORDER BY item_id, image_id, line
