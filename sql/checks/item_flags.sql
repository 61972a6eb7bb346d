-- Items whose has_text or has_image does not say what is there.
WITH pictured AS (
    SELECT DISTINCT item_id, true AS pictured FROM images WHERE status = 'found'
)
SELECT item_id, has_text, title, description, has_image, coalesce(pictured, false) AS pictured
FROM items LEFT JOIN pictured USING (item_id)
WHERE has_text IS DISTINCT FROM (title IS NOT NULL OR description IS NOT NULL)
    OR has_image IS DISTINCT FROM coalesce(pictured, false)
