-- A number for everything that models learn from: each rating, each user, each item with the content of its vectors.
-- What has the same number on two days is the same.
SELECT 'ratings' AS kind, hash(user_id, item_id, rating, ts) AS row FROM interactions
UNION ALL
SELECT 'users', hash(user_id, attributes) FROM users
UNION ALL
SELECT 'items', hash(i.item_id, i.categories, i.year, i.price, i.brand, c.contents)
FROM items i
LEFT JOIN (
    SELECT item_id, list([field, encoder, key] ORDER BY field, key) AS contents
    FROM contents GROUP BY item_id
) c USING (item_id)
