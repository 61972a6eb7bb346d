-- Yelp photos: photo_id, business_id, caption, label; the files lie in photos/ beside photos.json
WITH objects AS (
    SELECT line, raw, object(raw, '{"photo_id": "VARCHAR", "business_id": "VARCHAR"}') AS o FROM lines
)
SELECT line, raw, o.business_id AS item_id, o.photo_id AS image_id, 'disk' AS source,
    getvariable('folder') || '/photos/' || o.photo_id || '.jpg' AS file,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN NOT regexp_full_match(coalesce(o.photo_id, ''), '[A-Za-z0-9_-]+')
            THEN 'photo_id: not an id: ' || coalesce(o.photo_id, 'missing')
        WHEN coalesce(o.business_id, '') = '' THEN 'business_id: missing'
    END AS reason
FROM objects
