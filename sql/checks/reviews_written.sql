-- Reviews that say nothing.
SELECT review_id, user_id, item_id FROM reviews WHERE title IS NULL AND text IS NULL
