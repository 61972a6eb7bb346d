-- Interactions with nothing.
SELECT user_id, item_id FROM interactions ANTI JOIN items USING (item_id)
