-- Files of which more or fewer rejects are listed than were counted.
WITH listed AS (
    SELECT source_file, count(*) AS listed FROM rejects GROUP BY source_file
)
SELECT source_file, coalesce(rows_rejected, 0) AS counted, coalesce(listed, 0) AS listed
FROM ingest_audit FULL JOIN listed USING (source_file)
WHERE coalesce(rows_rejected, 0) <> coalesce(listed, 0)
