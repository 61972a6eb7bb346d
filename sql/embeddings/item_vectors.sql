-- Every vector of an item with the item's row, in order of the rows.
SELECT i.file_row_number AS row, v.vector
FROM read_parquet($references) r
JOIN read_parquet($items, file_row_number = true) i USING (item_id)
JOIN $vectors v USING (key)
ORDER BY row, key
