-- Yelp: one user a line; average_stars and the vote counts are of all times, so they are not taken
WITH objects AS (
    SELECT line, raw, object(raw, '{"user_id": "VARCHAR", "yelping_since": "VARCHAR", "fans": "VARCHAR"}') AS o
    FROM lines
)
SELECT line, raw, o.user_id,
    json_object('yelping_since', left(o.yelping_since, 10), 'fans', counted(o.fans)) AS attributes,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.user_id, '') = '' THEN 'user_id: missing'
    END AS reason
FROM objects
