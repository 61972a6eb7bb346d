-- People without an id, staged more than once, or from no line.
SELECT user_id, count(*) AS occurrences, min(line) AS line FROM people GROUP BY user_id
HAVING user_id IS NULL OR count(*) > 1 OR bool_or(coalesce(line, 0) < 1)
