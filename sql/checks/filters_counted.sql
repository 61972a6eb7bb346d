-- What the only filter, the latest rating of a pair, leaves of the staged ratings: users, items and rows before and
-- after it, and the largest share of users, items or pairs that is lost or new, which is to be none.
WITH before AS (
    SELECT count(DISTINCT user_id) AS users, count(DISTINCT item_id) AS items,
        count(DISTINCT (user_id, item_id)) AS pairs, count(*) AS rows
    FROM ratings
), after AS (
    SELECT count(DISTINCT user_id) AS users, count(DISTINCT item_id) AS items,
        count(DISTINCT (user_id, item_id)) AS pairs, count(*) AS rows
    FROM interactions
)
SELECT greatest(abs(b.users - a.users) / b.users, abs(b.items - a.items) / b.items, abs(b.pairs - a.pairs) / b.pairs)
        AS share,
    b.users AS users_before, a.users AS users_after, b.items AS items_before, a.items AS items_after,
    b.rows AS interactions_before, a.rows AS interactions_after
FROM before b, after a
WHERE b.rows > 0
