-- Yelp academic dataset: one review a line; a place that no business line describes keeps its ratings all the same
WITH objects AS (
    SELECT line, object(raw) AS o FROM lines
), typed AS (
    SELECT line, o, o ->> 'review_id' AS review_id, o ->> 'user_id' AS user_id, o ->> 'business_id' AS item_id,
        try_cast(o ->> 'stars' AS DOUBLE) AS rating, try_cast(o ->> 'date' AS TIMESTAMP) AS ts
    FROM objects
)
SELECT line, user_id, item_id, rating, ts, review_id, cleaned(o ->> 'text') AS text,
    try_cast(o ->> 'useful' AS INTEGER) AS helpful_votes, review_id AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(review_id, '') = '' THEN 'review_id: missing'
        WHEN coalesce(user_id, '') = '' THEN 'user_id: missing'
        WHEN coalesce(item_id, '') = '' THEN 'business_id: missing'
        WHEN rating IS NULL THEN 'stars: not a number: ' || coalesce(o ->> 'stars', 'null')
        WHEN rating NOT BETWEEN getvariable('low') AND getvariable('high')
            THEN format('stars: {} is outside {} to {}', rating, getvariable('low'), getvariable('high'))
        WHEN ts IS NULL THEN 'date: not a time: ' || coalesce(o ->> 'date', 'null')
    END AS reason
FROM typed
