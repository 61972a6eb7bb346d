-- What people query: a snapshot of every published table, replaced as a whole.
CREATE TABLE items (
    dataset VARCHAR, item_id VARCHAR, title VARCHAR, description VARCHAR, categories VARCHAR[], year INTEGER,
    price DOUBLE, brand VARCHAR, attributes JSON, has_text BOOLEAN, has_image BOOLEAN
);
CREATE TABLE users (dataset VARCHAR, user_id VARCHAR, attributes JSON, interactions BIGINT);
CREATE TABLE interactions (
    dataset VARCHAR, user_id VARCHAR, item_id VARCHAR, rating DOUBLE, ts TIMESTAMP, review_id VARCHAR,
    official_test BOOLEAN
);
CREATE TABLE reviews (
    dataset VARCHAR, review_id VARCHAR, user_id VARCHAR, item_id VARCHAR, title VARCHAR, text VARCHAR,
    helpful_votes INTEGER, verified BOOLEAN
);
CREATE TABLE images (
    dataset VARCHAR, item_id VARCHAR, image_id VARCHAR, source VARCHAR, url VARCHAR, path VARCHAR, sha256 VARCHAR,
    width INTEGER, height INTEGER, bytes BIGINT, status VARCHAR, reason VARCHAR, fetched_at TIMESTAMP
);
CREATE TABLE media (
    dataset VARCHAR, item_id VARCHAR, media_id VARCHAR, kind VARCHAR, source VARCHAR, url VARCHAR, path VARCHAR,
    sha256 VARCHAR, seconds DOUBLE, bytes BIGINT, status VARCHAR, reason VARCHAR, fetched_at TIMESTAMP
);
CREATE TABLE rejects (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, stage VARCHAR, reason VARCHAR, raw VARCHAR
);
CREATE TABLE metrics (
    metric_id VARCHAR, dataset VARCHAR, protocol VARCHAR, seed INTEGER, model VARCHAR, variant VARCHAR, study VARCHAR DEFAULT '',
    leaky_by_design BOOLEAN, metric VARCHAR, k INTEGER, value DOUBLE, ci_low DOUBLE, ci_high DOUBLE, n BIGINT, candidates DOUBLE, fit_seconds DOUBLE,
    peak_memory_mb DOUBLE, parameters BIGINT, trials INTEGER, device VARCHAR, run_id VARCHAR, data_version VARCHAR, code_version VARCHAR,
    created_at TIMESTAMP
);
CREATE TABLE metric_slices (
    dataset VARCHAR, protocol VARCHAR, seed INTEGER, model VARCHAR, variant VARCHAR, study VARCHAR, slice VARCHAR,
    metric VARCHAR, k INTEGER, value DOUBLE, ci_low DOUBLE, ci_high DOUBLE, n BIGINT, data_version VARCHAR
);
CREATE TABLE test_reads (
    dataset VARCHAR, protocol VARCHAR, seed INTEGER, model VARCHAR, variant VARCHAR, data_version VARCHAR,
    judgement_version VARCHAR, n BIGINT, run_id VARCHAR, read_at TIMESTAMP
);
CREATE TABLE predictions (
    dataset VARCHAR, protocol VARCHAR, seed INTEGER, model VARCHAR, variant VARCHAR, user_id VARCHAR, item_id VARCHAR,
    rating DOUBLE, prediction DOUBLE
);
CREATE TABLE recommendations (
    dataset VARCHAR, model VARCHAR, user_id VARCHAR, rank INTEGER, item_id VARCHAR, score DOUBLE, why VARCHAR,
    missing VARCHAR, version VARCHAR
);
CREATE TABLE champions (
    dataset VARCHAR, protocol VARCHAR, model VARCHAR, variant VARCHAR, seed INTEGER, version VARCHAR, pinned BOOLEAN,
    why VARCHAR, run_id VARCHAR, since TIMESTAMP, until TIMESTAMP, serves BOOLEAN
);
CREATE TABLE model_versions (
    dataset VARCHAR, model VARCHAR, protocol VARCHAR, seed INTEGER, variant VARCHAR, study VARCHAR, number INTEGER,
    version VARCHAR, code_version VARCHAR, run_id VARCHAR, created_at TIMESTAMP, valid_rmse DOUBLE, fit_seconds DOUBLE,
    current BOOLEAN, champion BOOLEAN, folder VARCHAR, files STRUCT(path VARCHAR, bytes BIGINT, sha256 VARCHAR)[]
);
CREATE TABLE review_sentiment (
    dataset VARCHAR, review_id VARCHAR, model VARCHAR, probability DOUBLE, label VARCHAR, fold VARCHAR
);
CREATE TABLE further_texts (
    dataset VARCHAR, review_id VARCHAR, item_id VARCHAR, source VARCHAR, rating DOUBLE, text VARCHAR
);
CREATE TABLE contradictions (
    dataset VARCHAR, review_id VARCHAR, item_id VARCHAR, kind VARCHAR, rating DOUBLE, probability DOUBLE, fit DOUBLE,
    fold VARCHAR, text VARCHAR
);
CREATE TABLE sentiment_metrics (
    dataset VARCHAR, model VARCHAR, head VARCHAR, fold VARCHAR, metric VARCHAR, value DOUBLE, n BIGINT, fit_seconds DOUBLE,
    parameters BIGINT, metric_id VARCHAR, run_id VARCHAR, data_version VARCHAR, code_version VARCHAR, created_at TIMESTAMP
);
CREATE TABLE user_profiles_over_time (
    dataset VARCHAR, user_id VARCHAR, period TIMESTAMP, unit VARCHAR, modality VARCHAR, interactions BIGINT, liked BIGINT,
    mean_rating DOUBLE, mean_sentiment DOUBLE, similarity DOUBLE, similarity_by_chance DOUBLE, leans_to VARCHAR[]
);
CREATE TABLE ingest_audit (
    dataset VARCHAR, source_file VARCHAR, sha256 VARCHAR, bytes BIGINT,
    rows_read BIGINT, rows_loaded BIGINT, rows_rejected BIGINT, rows_duplicate BIGINT, seconds DOUBLE
);
CREATE TABLE lineage (
    asset VARCHAR, partition VARCHAR, run_id VARCHAR, data_version VARCHAR, code_version VARCHAR,
    upstream_asset VARCHAR, upstream_partition VARCHAR, upstream_data_version VARCHAR, created_at TIMESTAMP,
    encoder VARCHAR
);
CREATE TABLE runs (
    dataset VARCHAR, run VARCHAR, run_id VARCHAR, recorded_at TIMESTAMP, steps BIGINT, run_ids VARCHAR[], libraries JSON
);
CREATE TABLE metric_history (
    dataset VARCHAR, run VARCHAR, recorded_at TIMESTAMP, kind VARCHAR, protocol VARCHAR, seed BIGINT, model VARCHAR,
    variant VARCHAR, study VARCHAR, metric VARCHAR, k BIGINT, value DOUBLE, metric_id VARCHAR, step VARCHAR
);
CREATE TABLE lineage_files (
    asset VARCHAR, partition VARCHAR, data_version VARCHAR, path VARCHAR, bytes BIGINT, sha256 VARCHAR, created_at TIMESTAMP
);
CREATE TABLE item_vectors (dataset VARCHAR, item_id VARCHAR, field VARCHAR, encoder VARCHAR, vector FLOAT[]);
