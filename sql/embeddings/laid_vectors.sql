-- Every vector of an owner (an item, a user, an interaction) with the owner's row, in order of the rows.
SELECT o.file_row_number AS row, v.vector
FROM read_parquet($references) r
JOIN read_parquet($owners, file_row_number = true) o USING ($id)
JOIN $vectors v USING (key)
ORDER BY row, key
