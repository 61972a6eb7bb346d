-- Users that are listed more than once.
SELECT user_id, count(*) AS occurrences FROM users GROUP BY ALL HAVING count(*) > 1
