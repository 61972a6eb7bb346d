-- One row where the ratings in the staging table are not those that the audits count, or there are none.
SELECT * FROM (
    SELECT coalesce(sum(rows_loaded), 0) AS audited, getvariable('staged_ratings') AS staged
    FROM ingest_audit
    WHERE list_contains(getvariable('rating_files'), source_file)
)
WHERE audited IS DISTINCT FROM staged OR audited = 0
