-- Every written review with its rating, in an order that does not depend on threads.
SELECT review_id, item_id, concat_ws(chr(10), title, text) AS text, rating
FROM staging.ratings
WHERE written AND trim(concat_ws(chr(10), title, text)) <> ''
ORDER BY review_id
