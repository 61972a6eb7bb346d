SELECT {'item_id': item_id, 'image_id': image_id} AS id, sha256, path, fetched_at IS NOT NULL AS fetched, bytes
FROM images WHERE status = 'found' AND item_id IN (SELECT i.item_id FROM items i)
