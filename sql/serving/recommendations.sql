-- The lists of a file that are of a version of a model to be published.
SELECT l.*, v.version FROM read_parquet($file) l JOIN listed_versions v USING (model)
