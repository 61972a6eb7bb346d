-- Pairs of user and item that are rated more than once.
SELECT user_id, item_id, count(*) AS occurrences FROM interactions GROUP BY ALL HAVING count(*) > 1
