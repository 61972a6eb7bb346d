-- Yelp academic dataset: one tip a line; a tip has no id, so the same words by the same user count once
WITH objects AS (SELECT line, object(raw) AS o FROM lines)
SELECT line, o ->> 'business_id' AS item_id, cleaned(o ->> 'text') AS text, 'tip' AS kind,
    json_object('user_id', o ->> 'user_id', 'date', o ->> 'date') AS attributes,
    md5((o ->> 'user_id') || ' ' || (o ->> 'business_id') || ' ' || (o ->> 'date') || ' ' || (o ->> 'text')) AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o ->> 'business_id', '') = '' THEN 'business_id: missing'
        WHEN cleaned(o ->> 'text') IS NULL THEN 'text: empty'
    END AS reason
FROM objects
