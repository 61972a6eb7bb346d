-- Items that are listed more than once.
SELECT item_id, count(*) AS occurrences FROM items GROUP BY ALL HAVING count(*) > 1
