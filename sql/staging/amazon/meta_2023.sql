-- Amazon Reviews 2023 metadata, one product a line; average_rating and rating_number are of all times, so not taken
WITH objects AS (
    SELECT line, raw, object(raw, '{"parent_asin": "VARCHAR", "title": "VARCHAR", "description": "VARCHAR",
        "features": "VARCHAR", "categories": "VARCHAR", "main_category": "VARCHAR", "price": "VARCHAR",
        "store": "VARCHAR", "details": "JSON", "images": [{"large": "VARCHAR", "hi_res": "VARCHAR"}]}') AS o
    FROM lines
), typed AS (
    SELECT line, raw, o, concat_ws(' ', joined_text(o.description), joined_text(o.features)) AS raw_description,
        title_of(o.title) AS title
    FROM objects
)
SELECT line, raw, o.parent_asin AS item_id, title, cleaned(raw_description) AS description,
    list_filter(list_transform(coalesce(nullif(texts_of(o.categories), []), [o.main_category]), lambda name: cleaned(name)),
                lambda name: name IS NOT NULL) AS categories,
    dollars(o.price) AS price, cleaned(o.store) AS brand,
    json_object('main_category', cleaned(o.main_category), 'details', o.details) AS attributes,
    list_distinct(list_transform(o.images, lambda image: coalesce(image.large, image.hi_res))) AS image_urls,
    changed(o.title, title) AS raw_title, changed(raw_description, cleaned(raw_description)) AS raw_description,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.parent_asin, '') = '' THEN 'parent_asin: missing'
    END AS reason
FROM typed
