-- One staged file as it lies: its rows in the order of the raw file's lines, those that were not loaded among them.
CREATE OR REPLACE MACRO segment(file, first_line) AS TABLE
    SELECT file_row_number AS row, coalesce(line, file_row_number + first_line) AS line,
        * EXCLUDE (line, file_row_number)
    FROM read_parquet(file, file_row_number = true);
