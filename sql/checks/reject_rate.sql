-- Share of rows read that were rejected, and the file that is worst.
SELECT sum(rows_rejected) / nullif(sum(rows_read), 0) AS share,
    sum(rows_rejected)::BIGINT AS rejected, sum(rows_read)::BIGINT AS read,
    arg_max(source_file, rows_rejected / nullif(rows_read, 0)) AS worst_file,
    max(rows_rejected / nullif(rows_read, 0)) AS share_of_worst_file
FROM ingest_audit
