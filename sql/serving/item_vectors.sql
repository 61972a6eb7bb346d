SELECT $dataset AS dataset, i.item_id, $field AS field,
    (SELECT any_value(encoder) FROM read_parquet($references)) AS encoder, v.vector
FROM laid_vectors v
JOIN read_parquet($items, file_row_number = true) i ON i.file_row_number = v.row
