-- The test predictions of one trained cell, with the true ratings beside them.
SELECT $dataset AS dataset, $protocol AS protocol, $seed AS seed, $model AS model, $variant AS variant,
    p.user_id, p.item_id, i.rating, p.prediction
FROM read_parquet($file) p
JOIN interactions i ON i.dataset = $dataset AND i.user_id = p.user_id AND i.item_id = p.item_id
