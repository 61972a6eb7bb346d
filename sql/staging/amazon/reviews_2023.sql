-- Amazon Reviews 2023, one review a line; timestamps in milliseconds
WITH objects AS (
    SELECT line, object(raw) AS o FROM lines
), typed AS (
    SELECT line, o, o ->> 'user_id' AS user_id, coalesce(nullif(o ->> 'parent_asin', ''), o ->> 'asin') AS item_id,
        try_cast(o ->> 'rating' AS DOUBLE) AS rating, try_cast(o ->> 'timestamp' AS BIGINT) AS milliseconds
    FROM objects
)
SELECT line, user_id, item_id, rating, make_timestamp(milliseconds * 1000) AS ts,
    md5(user_id || ' ' || item_id || ' ' || milliseconds || ' ' || coalesce(o ->> 'text', '')) AS review_id,
    cleaned(o ->> 'title') AS title, cleaned(o ->> 'text') AS text,
    try_cast(replace(o ->> 'helpful_vote', ',', '') AS INTEGER) AS helpful_votes,
    try_cast(o ->> 'verified_purchase' AS BOOLEAN) AS verified,
    md5(user_id || ' ' || item_id || ' ' || milliseconds || ' ' || coalesce(o ->> 'text', '')) AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(user_id, '') = '' THEN 'user_id: missing'
        WHEN coalesce(item_id, '') = '' THEN 'parent_asin: missing'
        WHEN rating IS NULL THEN 'rating: not a number: ' || coalesce(o ->> 'rating', 'null')
        WHEN rating NOT BETWEEN getvariable('low') AND getvariable('high')
            THEN format('rating: {} is outside {} to {}', rating, getvariable('low'), getvariable('high'))
        WHEN milliseconds IS NULL OR milliseconds NOT BETWEEN 0 AND 4102444800000
            THEN 'timestamp: not a time in milliseconds: ' || coalesce(o ->> 'timestamp', 'null')
    END AS reason
FROM typed
