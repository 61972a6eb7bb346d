-- Yelp academic dataset: one business a line; categories are one comma-joined string
WITH objects AS (SELECT line, object(raw) AS o FROM lines)
SELECT line, o ->> 'business_id' AS item_id, cleaned(o ->> 'name') AS title,
    list_filter(list_transform(string_split(o ->> 'categories', ','), lambda name: trim(name)), lambda name: name <> '')
        AS categories,
    json_object('city', o ->> 'city', 'state', o ->> 'state', 'is_open', o -> 'is_open', 'attributes', o -> 'attributes',
                'hours', o -> 'hours') AS attributes,
    o ->> 'business_id' AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o ->> 'business_id', '') = '' THEN 'business_id: missing'
    END AS reason
FROM objects
