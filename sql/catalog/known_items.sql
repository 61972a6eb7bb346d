-- How many items the source describes or has ratings of.
SELECT count(*) FROM (SELECT item_id FROM staging.products UNION SELECT item_id FROM staging.ratings)
