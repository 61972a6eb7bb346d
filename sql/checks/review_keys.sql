-- Reviews that are listed more than once.
SELECT review_id, count(*) AS occurrences FROM reviews GROUP BY ALL HAVING count(*) > 1
