-- Users whose count of interactions is not the number of their interactions.
WITH counted AS (
    SELECT user_id, count(*) AS counted FROM interactions GROUP BY user_id
)
SELECT user_id, users.interactions AS said, coalesce(counted, 0) AS counted
FROM users LEFT JOIN counted USING (user_id)
WHERE users.interactions IS DISTINCT FROM coalesce(counted, 0)
