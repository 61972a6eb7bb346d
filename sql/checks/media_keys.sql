-- A media file of an item and kind that stands in the table more than once.
SELECT item_id, media_id, kind, count(*) AS rows FROM media GROUP BY ALL HAVING count(*) > 1
