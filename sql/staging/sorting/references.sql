-- Rows that name what another table does not have.
INSERT INTO exceptions
SELECT part, row, line, 'rejected', $missing || ': ' || coalesce(nullif(concat_ws(' ', {columns}), ''), 'missing'), raw
FROM parts ANTI JOIN exceptions USING (part, row) ANTI JOIN staging.{table} USING ({columns})
