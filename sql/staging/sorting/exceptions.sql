-- The exceptions of one part, as they are kept beside it.
SELECT {dataset} AS dataset, {file} AS source_file, row, line, fate, reason,
    CASE WHEN fate = 'rejected' THEN left(raw, 2000) END AS raw
FROM exceptions WHERE part = {number} ORDER BY row
