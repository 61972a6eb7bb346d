-- What is good so far, and what no two of its rows may have in common.
CREATE OR REPLACE TEMP VIEW loaded AS SELECT * FROM parts ANTI JOIN exceptions USING (part, row);
CREATE OR REPLACE TEMP VIEW keyed AS SELECT part, row, line, {key} AS key FROM loaded WHERE key IS NOT NULL
