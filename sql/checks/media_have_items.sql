-- Usable media files of nothing.
SELECT item_id, media_id FROM media ANTI JOIN items USING (item_id) WHERE status = 'found'
