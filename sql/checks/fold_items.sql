-- Items in more than one fold of a cold-item split.
SELECT f.filename, i.item_id, string_agg(DISTINCT f.fold, ', ' ORDER BY f.fold) AS folds
FROM folds f
JOIN (SELECT row_number() OVER () - 1 AS row, item_id FROM interactions) i ON i.row = f.file_row_number
WHERE regexp_matches(f.filename, '/folds/cold-item/seed-')
GROUP BY ALL
HAVING count(DISTINCT f.fold) > 1
