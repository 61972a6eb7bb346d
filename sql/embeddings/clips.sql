SELECT {'item_id': item_id, 'media_id': media_id} AS id, sha256, path, fetched_at IS NOT NULL AS fetched, bytes
FROM media WHERE status = 'found' AND kind = '$kind' AND item_id IN (SELECT i.item_id FROM items i)
