-- Of the file that is worst: the share of its rows that is dirt. Elsewhere than in files of ratings, a record that only
-- points at something that no file describes is none: pictures of places outside a subset, say.
WITH undescribed AS (
    SELECT source_file, count(*) AS undescribed
    FROM rejects
    WHERE regexp_matches(reason, 'not in the \w+ file') AND NOT list_contains(getvariable('rating_files'), source_file)
    GROUP BY source_file
), files AS (
    SELECT source_file, rows_read, coalesce(undescribed, 0) AS undescribed,
        rows_rejected - coalesce(undescribed, 0) AS rejected, rejected / nullif(rows_read, 0) AS share
    FROM ingest_audit LEFT JOIN undescribed USING (source_file)
)
SELECT max(share) AS share, arg_max(source_file, share) AS worst_file, arg_max(rejected, share)::BIGINT AS rejected,
    arg_max(rows_read, share)::BIGINT AS read, sum(undescribed)::BIGINT AS undescribed_in_all_files
FROM files
