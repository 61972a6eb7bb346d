-- Reviews of nothing.
SELECT review_id, item_id FROM reviews ANTI JOIN items USING (item_id)
