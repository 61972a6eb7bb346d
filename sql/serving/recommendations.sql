-- The lists of a file, without those of one model, each with the version of the model that made it.
SELECT l.*, v.version FROM read_parquet($file) l LEFT JOIN listed_versions v USING (model)
WHERE l.model IS DISTINCT FROM $without
