-- The lists of a file, without those of one model, each with the version of the model that made it; what a user has rated
-- since is taken out.
SELECT l.* REPLACE (row_number() OVER (PARTITION BY l.model, l.user_id ORDER BY l.rank)::INTEGER AS rank), v.version
FROM read_parquet($file) l
LEFT JOIN listed_versions v USING (model)
ANTI JOIN interactions i ON i.dataset = l.dataset AND i.user_id = l.user_id AND i.item_id = l.item_id
WHERE l.model IS DISTINCT FROM $without
