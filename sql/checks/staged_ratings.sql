-- Ratings from no file or line, and lines that were staged more than once.
SELECT source_file, line, count(*) AS occurrences FROM ratings GROUP BY ALL
HAVING count(*) > 1 OR source_file IS NULL OR coalesce(line, 0) < 1
