-- Pairs of user and item with more than one row under a protocol and seed, and the folds that they stand in.
SELECT f.filename, i.user_id, i.item_id, count(*) AS rows, string_agg(DISTINCT f.fold, ', ' ORDER BY f.fold) AS folds
FROM folds f
JOIN (SELECT row_number() OVER () - 1 AS row, user_id, item_id FROM interactions) i ON i.row = f.file_row_number
GROUP BY ALL
HAVING count(*) > 1
