-- Amazon Reviews 2023, one review a line
WITH objects AS (
    SELECT line, raw, object(raw, '{"user_id": "VARCHAR", "parent_asin": "VARCHAR", "asin": "VARCHAR",
        "rating": "VARCHAR", "timestamp": "BIGINT", "title": "VARCHAR", "text": "VARCHAR", "helpful_vote": "VARCHAR",
        "verified_purchase": "BOOLEAN"}') AS o
    FROM lines
), typed AS (
    SELECT line, raw, o, o.user_id, coalesce(nullif(o.parent_asin, ''), o.asin) AS item_id,
        try_cast(o.rating AS DOUBLE) AS rating, o.timestamp AS number,
        cleaned(o.title, suspicious := escapes(raw)) AS title,
        cleaned(o.text, suspicious := escapes(raw)) AS text
    FROM objects
)
SELECT line, raw, user_id, item_id, rating, moment(number) AS ts,
    md5(concat_ws(' ', user_id, item_id, number, o.text)) AS review_id, title, text,
    title IS NOT NULL OR text IS NOT NULL AS written,
    changed(o.title, title) AS raw_title, changed(o.text, text) AS raw_text, counted(o.helpful_vote) AS helpful_votes,
    o.verified_purchase AS verified,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(user_id, '') = '' THEN 'user_id: missing'
        WHEN coalesce(item_id, '') = '' THEN 'parent_asin: missing'
        WHEN rating IS NULL THEN 'rating: not a number: ' || coalesce(o.rating, 'null')
        WHEN rating NOT BETWEEN getvariable('low') AND getvariable('high')
            THEN format('rating: {} is outside {} to {}', rating, getvariable('low'), getvariable('high'))
        WHEN moment(number) IS NULL THEN 'timestamp: not a time: ' || coalesce(raw ->> 'timestamp', 'null')
    END AS reason
FROM typed
