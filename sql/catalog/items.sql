-- Every item that a metadata file describes or that was rated; texts that describe it are joined into one description.
WITH described AS (
    SELECT item_id, string_agg(text, ' ' ORDER BY kind, line) AS text, max(year) AS year,
        first(attributes ORDER BY kind, line) FILTER (kind = 'overview') AS attributes
    FROM staging.texts WHERE dataset = $dataset GROUP BY item_id
), rated AS (
    SELECT DISTINCT item_id FROM interactions WHERE dataset = $dataset
), pictured AS (
    SELECT DISTINCT item_id FROM images WHERE dataset = $dataset AND status = 'found'
), joined AS (
    SELECT coalesce(p.item_id, r.item_id) AS item_id, p.title,
        nullif(concat_ws(' ', p.description, d.text), '') AS description,
        coalesce(p.categories, []) AS categories, coalesce(p.year, d.year) AS year, p.price, p.brand,
        json_merge_patch(coalesce(p.attributes, '{}'::JSON), coalesce(d.attributes, '{}'::JSON)) AS attributes
    FROM (FROM staging.products WHERE dataset = $dataset) p
    FULL JOIN rated r USING (item_id)
    LEFT JOIN described d ON d.item_id = coalesce(p.item_id, r.item_id)
)
SELECT $dataset AS dataset, joined.*,
    joined.title IS NOT NULL OR joined.description IS NOT NULL AS has_text,
    pictured.item_id IS NOT NULL AS has_image
FROM joined LEFT JOIN pictured USING (item_id)
ORDER BY try_cast(joined.item_id AS BIGINT), joined.item_id
