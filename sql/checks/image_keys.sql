-- Pictures that are listed more than once for an item.
SELECT item_id, image_id, count(*) AS occurrences FROM images GROUP BY ALL HAVING count(*) > 1
