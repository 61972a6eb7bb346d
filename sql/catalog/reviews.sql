-- Every written review, also those of a pair that is rated again later.
SELECT dataset, review_id, user_id, item_id, title, text, helpful_votes, verified
FROM staging.ratings
WHERE dataset = $dataset AND (text IS NOT NULL OR title IS NOT NULL)
ORDER BY review_id, line
