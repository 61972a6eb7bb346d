-- How good every sentiment model is, each number with an id to trace it by and the version of the model it is of.
SELECT m.*, left(sha256(concat_ws('|', m.dataset, m.model, m.head, m.fold, m.metric, t.data_version)), 16) AS metric_id,
    t.run_id, t.data_version, t.code_version, t.created_at
FROM read_parquet($file) m
LEFT JOIN trained_sentiment t USING (model)
