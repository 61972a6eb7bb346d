-- Amazon Reviews 2023 metadata, one product a line
WITH objects AS (SELECT line, object(raw) AS o FROM lines)
SELECT line, o ->> 'parent_asin' AS item_id, cleaned(o ->> 'title') AS title,
    cleaned(list_aggregate(list_concat(try_cast(o -> 'description' AS VARCHAR[]), try_cast(o -> 'features' AS VARCHAR[])),
                           'string_agg', ' ')) AS description,
    list_filter(coalesce(nullif(try_cast(o -> 'categories' AS VARCHAR[]), []), [o ->> 'main_category']),
                lambda name: name IS NOT NULL) AS categories,
    dollars(o ->> 'price') AS price, cleaned(o ->> 'store') AS brand,
    json_object('main_category', o ->> 'main_category', 'details', o -> 'details', 'image_url', o ->> '$.images[0].large')
        AS attributes,
    o ->> 'parent_asin' AS key,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o ->> 'parent_asin', '') = '' THEN 'parent_asin: missing'
    END AS reason
FROM objects
