-- Files whose rows do not add up.
SELECT source_file, rows_read, rows_loaded, rows_rejected, rows_duplicate
FROM ingest_audit
WHERE rows_read IS DISTINCT FROM rows_loaded + rows_rejected + rows_duplicate
    OR least(rows_read, rows_loaded, rows_rejected, rows_duplicate) < 0
