-- Every item that a metadata file describes or that was rated; texts that describe it are joined into one description,
-- ids that it has elsewhere (IMDb, TMDB) into its attributes. A plot that came with a poster stands in for a missing
-- one. Tags are texts of users, not of the item.
WITH described AS (
    SELECT item_id, string_agg(text, ' ' ORDER BY kind, source_file, line) FILTER (kind <> 'tag') AS text,
        max(year) AS year, first(attributes ORDER BY source_file, line) FILTER (kind = 'links') AS links,
        first(attributes ORDER BY source_file, line) FILTER (kind = 'overview') AS overview
    FROM staging.texts GROUP BY item_id
), fetched AS (
    SELECT item_id, first(text ORDER BY source, url) AS text FROM fetched_pictures
    WHERE text IS NOT NULL AND item_id NOT IN (FROM (SELECT item_id FROM staging.texts WHERE kind = 'overview'))
    GROUP BY item_id
), rated AS (
    SELECT DISTINCT item_id FROM interactions
), pictured AS (
    SELECT DISTINCT item_id FROM images WHERE status = 'found'
), joined AS (
    SELECT coalesce(p.item_id, r.item_id) AS item_id, p.title,
        nullif(concat_ws(' ', p.description, d.text, cleaned(f.text)), '') AS description,
        coalesce(p.categories, []) AS categories, coalesce(p.year, d.year) AS year, p.price, p.brand,
        json_merge_patch(coalesce(p.attributes, '{}'::JSON), coalesce(d.links, '{}'::JSON),
                         coalesce(d.overview, '{}'::JSON)) AS attributes
    FROM staging.products p
    FULL JOIN rated r USING (item_id)
    LEFT JOIN described d ON d.item_id = coalesce(p.item_id, r.item_id)
    LEFT JOIN fetched f ON f.item_id = coalesce(p.item_id, r.item_id)
)
SELECT $dataset AS dataset, joined.*,
    joined.title IS NOT NULL OR joined.description IS NOT NULL AS has_text,
    pictured.item_id IS NOT NULL AS has_image
FROM joined LEFT JOIN pictured USING (item_id)
ORDER BY try_cast(joined.item_id AS BIGINT), joined.item_id
