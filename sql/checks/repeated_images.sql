-- Share of pictured items that have a picture which another item has too, byte for byte.
WITH pictures AS (
    SELECT item_id, count(DISTINCT item_id) OVER (PARTITION BY sha256) > 1 AS repeated
    FROM images WHERE status = 'found'
), of_items AS (
    SELECT item_id, bool_or(repeated) AS repeated FROM pictures GROUP BY item_id
)
SELECT count(*) FILTER (repeated) / nullif(count(*), 0) AS share, count(*) FILTER (repeated) AS repeated, count(*) AS pictured
FROM of_items
