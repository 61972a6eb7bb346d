-- Test ratings of users, and of items, that training knows nothing of: the larger share, where it is largest. Under
-- cold-item that is the point.
WITH rated AS (
    SELECT f.filename, f.fold, i.user_id, i.item_id
    FROM folds f
    JOIN (SELECT row_number() OVER () - 1 AS row, user_id, item_id FROM interactions) i ON i.row = f.file_row_number
    WHERE NOT regexp_matches(f.filename, '/folds/cold-item/seed-')
), tested AS (
    SELECT filename, count(*) AS tested,
        count(*) FILTER ((filename, user_id) NOT IN (SELECT (filename, user_id) FROM rated WHERE fold = 0)) AS cold_users,
        count(*) FILTER ((filename, item_id) NOT IN (SELECT (filename, item_id) FROM rated WHERE fold = 0)) AS cold_items
    FROM rated WHERE fold = 2 GROUP BY filename
), told AS (
    SELECT *, greatest(cold_users, cold_items) / tested AS share FROM tested
)
SELECT max(share) AS share, arg_max(filename, share) AS worst_file, arg_max(tested, share) AS tested,
    arg_max(cold_users, share) AS tests_of_cold_users, arg_max(cold_items, share) AS tests_of_cold_items
FROM told
