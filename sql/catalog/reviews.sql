-- Every written review, also those of a pair that is rated again later; raw_title and raw_text of staging.ratings
-- hold what the source wrote where that was cleaned.
SELECT dataset, review_id, user_id, item_id, title, text, helpful_votes, verified
FROM staging.ratings
WHERE written
