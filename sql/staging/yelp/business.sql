-- Yelp: one business a line; the current release, and the schema before 2016 (full_address, open, neighborhoods).
-- stars and review_count are of all times, so they are not taken.
WITH objects AS (
    SELECT line, raw, object(raw, '{"business_id": "VARCHAR", "name": "VARCHAR", "categories": "VARCHAR",
        "address": "VARCHAR", "full_address": "VARCHAR", "city": "VARCHAR", "state": "VARCHAR",
        "postal_code": "VARCHAR", "latitude": "DOUBLE", "longitude": "DOUBLE", "is_open": "VARCHAR", "open": "VARCHAR",
        "neighborhoods": "JSON", "attributes": "VARCHAR", "hours": "JSON"}') AS o
    FROM lines
)
SELECT line, raw, o.business_id AS item_id, cleaned(o.name) AS title,
    list_filter(list_transform(
        CASE WHEN starts_with(o.categories, '[') THEN texts_of(o.categories) ELSE string_split(o.categories, ',') END,
        lambda name: cleaned(name)), lambda name: name IS NOT NULL) AS categories,
    json_object('address', coalesce(cleaned(o.address), cleaned(o.full_address)), 'city', cleaned(o.city),
                'state', o.state, 'postal_code', o.postal_code, 'latitude', o.latitude, 'longitude', o.longitude,
                'is_open', try_cast(coalesce(o.is_open, o.open) AS BOOLEAN), 'neighborhoods', o.neighborhoods,
                'attributes', plain_values(o.attributes)::JSON, 'hours', o.hours) AS attributes,
    changed(o.name, cleaned(o.name)) AS raw_title,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.business_id, '') = '' THEN 'business_id: missing'
    END AS reason
FROM objects
