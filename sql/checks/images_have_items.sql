-- Pictures of nothing.
SELECT item_id, image_id FROM images ANTI JOIN items USING (item_id)
