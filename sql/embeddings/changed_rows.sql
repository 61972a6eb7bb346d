-- Of every kind the share of rows that are new or gone since $before, of those that there were; a changed one counts once.
SELECT kind, greatest(count(*) FILTER (b.row IS NULL), count(*) FILTER (n.row IS NULL)) / greatest(count(b.row), 1) AS share
FROM read_parquet($before) b FULL JOIN training_rows n USING (kind, row)
GROUP BY kind
