-- Yelp: one tip a line; a tip has no id, so the same words by the same user count once
WITH objects AS (
    SELECT line, raw, object(raw, '{"business_id": "VARCHAR", "user_id": "VARCHAR", "date": "VARCHAR",
        "text": "VARCHAR", "compliment_count": "VARCHAR", "likes": "VARCHAR"}') AS o
    FROM lines
)
SELECT line, raw, o.business_id AS item_id, cleaned(o.text) AS text, 'tip' AS kind,
    json_object('user_id', o.user_id, 'date', o.date, 'likes', coalesce(counted(o.compliment_count), counted(o.likes)))
        AS attributes,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.business_id, '') = '' THEN 'business_id: missing'
        WHEN cleaned(o.text) IS NULL THEN 'text: empty'
    END AS reason
FROM objects
