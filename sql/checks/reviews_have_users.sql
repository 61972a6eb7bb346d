-- Reviews by nobody.
SELECT review_id, user_id FROM reviews ANTI JOIN users USING (user_id)
