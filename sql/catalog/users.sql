-- Every user that a users file lists or that rated something.
WITH counts AS (
    SELECT user_id, count(*) AS interactions FROM interactions GROUP BY user_id
)
SELECT $dataset AS dataset, coalesce(p.user_id, c.user_id) AS user_id, coalesce(p.attributes, '{}'::JSON) AS attributes,
    coalesce(c.interactions, 0) AS interactions
FROM staging.people p
FULL JOIN counts c USING (user_id)
ORDER BY try_cast(coalesce(p.user_id, c.user_id) AS BIGINT), coalesce(p.user_id, c.user_id)
