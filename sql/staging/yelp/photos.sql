-- Yelp photos: photo_id, business_id, caption, label; the files lie in yelp/photos/
WITH objects AS (SELECT line, object(raw) AS o FROM lines)
SELECT objects.line, o ->> 'business_id' AS item_id, o ->> 'photo_id' AS image_id, 'disk' AS source,
    'yelp/photos/' || (o ->> 'photo_id') || '.jpg' AS file, o ->> 'photo_id' AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN NOT regexp_full_match(coalesce(o ->> 'photo_id', ''), '[A-Za-z0-9_-]+') THEN 'photo_id: not an id'
        WHEN products.item_id IS NULL THEN 'business: not in the business file: ' || coalesce(o ->> 'business_id', 'missing')
    END AS reason
FROM objects
LEFT JOIN staging.products
    ON products.dataset = getvariable('dataset') AND products.item_id = o ->> 'business_id'
