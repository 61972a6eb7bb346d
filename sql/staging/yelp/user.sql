-- Yelp academic dataset: one user a line
WITH objects AS (SELECT line, object(raw) AS o FROM lines)
SELECT line, o ->> 'user_id' AS user_id,
    json_object('yelping_since', left(o ->> 'yelping_since', 10), 'fans', try_cast(o ->> 'fans' AS INTEGER)) AS attributes,
    o ->> 'user_id' AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o ->> 'user_id', '') = '' THEN 'user_id: missing'
    END AS reason
FROM objects
