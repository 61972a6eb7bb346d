-- What was written by these people, and of these items.
SELECT user_id, item_id, text
FROM reviews
WHERE trim(coalesce(text, '')) <> '' AND (list_contains($users, user_id) OR list_contains($items, item_id))
ORDER BY review_id
