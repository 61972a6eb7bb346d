-- Yelp: one review a line; a place that no business line describes keeps its ratings all the same. Before 2016 the
-- useful votes stood in `votes`.
WITH objects AS (
    SELECT line, raw, object(raw, '{"review_id": "VARCHAR", "user_id": "VARCHAR", "business_id": "VARCHAR",
        "stars": "VARCHAR", "date": "VARCHAR", "text": "VARCHAR", "useful": "VARCHAR", "votes": {"useful": "VARCHAR"}}')
        AS o
    FROM lines
), typed AS (
    SELECT line, raw, o, try_cast(o.stars AS DOUBLE) AS rating, try_cast(o.date AS TIMESTAMP) AS ts,
        cleaned(o.text, suspicious := escapes(raw)) AS text
    FROM objects
)
SELECT line, raw, o.user_id, o.business_id AS item_id, rating, ts, o.review_id, text, text IS NOT NULL AS written,
    changed(o.text, text) AS raw_text,
    coalesce(counted(o.useful), counted(o.votes.useful)) AS helpful_votes,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.review_id, '') = '' THEN 'review_id: missing'
        WHEN coalesce(o.user_id, '') = '' THEN 'user_id: missing'
        WHEN coalesce(o.business_id, '') = '' THEN 'business_id: missing'
        WHEN rating IS NULL THEN 'stars: not a number: ' || coalesce(o.stars, 'null')
        WHEN rating NOT BETWEEN getvariable('low') AND getvariable('high')
            THEN format('stars: {} is outside {} to {}', rating, getvariable('low'), getvariable('high'))
        WHEN ts IS NULL THEN 'date: not a time: ' || coalesce(o.date, 'null')
    END AS reason
FROM typed
