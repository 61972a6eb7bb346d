-- Interactions of nobody.
SELECT user_id, item_id FROM interactions ANTI JOIN users USING (user_id)
