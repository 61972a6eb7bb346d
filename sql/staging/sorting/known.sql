-- Appended rows with the key of a row that had been there before.
INSERT INTO exceptions
SELECT part, row, line, 'duplicate', NULL, NULL FROM keyed
WHERE key IN (SELECT {key} FROM staging.{table} WHERE source_file = $file)
