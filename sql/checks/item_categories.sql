-- Items with a category that is NULL or has no name.
SELECT item_id, categories::VARCHAR AS categories
FROM items
WHERE list_bool_or(list_transform(categories, lambda name: coalesce(trim(name), '') = ''))
