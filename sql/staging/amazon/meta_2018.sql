-- Amazon metadata of 2014 (imUrl, categories as lists of lists, python literals) and 2018 (imageURL, category, scraped
-- markup as titles and prices)
WITH objects AS (
    SELECT line, raw, object(raw, '{"asin": "VARCHAR", "title": "VARCHAR", "description": "VARCHAR",
        "feature": "VARCHAR", "category": "VARCHAR", "categories": "JSON", "main_cat": "VARCHAR", "price": "VARCHAR",
        "brand": "VARCHAR", "details": "JSON", "rank": "JSON", "salesRank": "JSON", "imUrl": "VARCHAR",
        "imageURLHighRes": "VARCHAR", "imageURL": "VARCHAR"}') AS o
    FROM lines
), typed AS (
    SELECT line, raw, o, concat_ws(' ', joined_text(o.description), joined_text(o.feature)) AS raw_description,
        title_of(o.title) AS title,
        coalesce(nullif(texts_of(o.category), []), flatten(try(json_transform(o.categories, '[["VARCHAR"]]'))),
                 [o.main_cat]) AS categories
    FROM objects
)
SELECT line, raw, o.asin AS item_id, title, cleaned(raw_description) AS description,
    list_filter(list_distinct(list_transform(categories, lambda name: cleaned(name))), lambda name: name IS NOT NULL)
        AS categories,
    dollars(o.price) AS price, cleaned(o.brand) AS brand,
    json_object('main_category', cleaned(o.main_cat), 'details', o.details, 'sales_rank', coalesce(o.rank, o.salesRank))
        AS attributes,
    list_filter(coalesce(nullif(texts_of(o.imageURLHighRes), []), nullif(texts_of(o.imageURL), []), [o.imUrl]),
                lambda url: url IS NOT NULL AND url <> '') AS image_urls,
    changed(o.title, title) AS raw_title, changed(raw_description, cleaned(raw_description)) AS raw_description,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.asin, '') = '' THEN 'asin: missing'
    END AS reason
FROM typed
