-- Good rows with the key of an earlier one. Equal hashes come first: few keys need to be compared whole.
INSERT INTO exceptions
WITH suspects AS (SELECT hash(key) AS h FROM keyed GROUP BY h HAVING count(*) > 1)
SELECT part, row, line, 'duplicate', NULL, NULL
FROM keyed WHERE hash(key) IN (FROM suspects)
QUALIFY row_number() OVER (PARTITION BY key ORDER BY part, row) > 1
