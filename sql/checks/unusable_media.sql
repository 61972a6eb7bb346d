-- Media files that cannot be used, for no reason that is told.
SELECT item_id, media_id, status FROM media WHERE status IS DISTINCT FROM 'found' AND reason IS NULL
