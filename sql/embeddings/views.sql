-- What people ask of the vectors; $vectors is the folder of all encoders, $references a union over the files of ids and keys.
CREATE OR REPLACE VIEW encoders AS
    SELECT key AS encoder, * EXCLUDE (key) FROM read_json('$vectors/*/encoder.json', union_by_name = true);
CREATE OR REPLACE VIEW vectors AS FROM read_parquet('$vectors/*/*.parquet');
CREATE OR REPLACE VIEW embeddings AS
    (SELECT NULL::VARCHAR AS dataset, NULL::VARCHAR AS field, NULL::VARCHAR AS item_id, NULL::VARCHAR AS image_id,
        NULL::VARCHAR AS media_id, NULL::VARCHAR AS review_id, NULL::VARCHAR AS user_id, NULL::VARCHAR AS encoder, NULL::VARCHAR AS key LIMIT 0)
    $references;
CREATE OR REPLACE VIEW item_vectors AS
    SELECT e.dataset, e.item_id, e.field, e.image_id, e.media_id, e.encoder, key, v.vector
    FROM embeddings e JOIN vectors v USING (key) WHERE e.item_id IS NOT NULL;

COMMENT ON VIEW encoders IS 'Which encoders made vectors: name, weights (revision), pooling, preprocessing, precision.';
COMMENT ON VIEW vectors IS 'Every vector ever made and not collected yet, once per key, whatever dataset it stands in.';
COMMENT ON COLUMN vectors.key IS 'SHA-256 of the encoder key and the SHA-256 of the content.';
COMMENT ON VIEW embeddings IS 'Which content of which dataset has which vector: title, introduction, image, audio, video, review, profile.';
COMMENT ON VIEW item_vectors IS 'Titles, introductions, pictures, sound and video of items with their vectors.';
