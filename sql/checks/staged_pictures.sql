-- Pictures of nothing, staged more than once, or from no line.
SELECT item_id, image_id, count(*) AS occurrences, min(line) AS line FROM pictures GROUP BY item_id, image_id
HAVING item_id IS NULL OR count(*) > 1 OR bool_or(coalesce(line, 0) < 1)
