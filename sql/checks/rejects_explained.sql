-- Rejects that nobody could look up.
SELECT source_file, line, reason
FROM rejects
WHERE coalesce(trim(source_file), '') = '' OR coalesce(line, 0) < 1 OR coalesce(trim(reason), '') = ''
