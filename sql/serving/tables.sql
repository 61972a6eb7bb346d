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
    metric VARCHAR, k INTEGER, value DOUBLE, ci_low DOUBLE, ci_high DOUBLE, n BIGINT, candidates DOUBLE, fit_seconds DOUBLE,
    peak_memory_mb DOUBLE, parameters BIGINT, trials INTEGER, device VARCHAR, run_id VARCHAR, data_version VARCHAR, code_version VARCHAR,
    created_at TIMESTAMP
);
CREATE TABLE predictions (
    dataset VARCHAR, protocol VARCHAR, seed INTEGER, model VARCHAR, variant VARCHAR, user_id VARCHAR, item_id VARCHAR,
    rating DOUBLE, prediction DOUBLE
);
CREATE TABLE recommendations (
    dataset VARCHAR, model VARCHAR, user_id VARCHAR, rank INTEGER, item_id VARCHAR, score DOUBLE, why VARCHAR,
    missing VARCHAR
);
CREATE TABLE review_sentiment (
    dataset VARCHAR, review_id VARCHAR, model VARCHAR, probability DOUBLE, label VARCHAR, fold VARCHAR
);
CREATE TABLE contradictions (
    dataset VARCHAR, review_id VARCHAR, item_id VARCHAR, kind VARCHAR, rating DOUBLE, probability DOUBLE, fold VARCHAR, text VARCHAR
);
CREATE TABLE sentiment_metrics (
    dataset VARCHAR, model VARCHAR, head VARCHAR, fold VARCHAR, metric VARCHAR, value DOUBLE, n BIGINT, fit_seconds DOUBLE,
    parameters BIGINT
);
CREATE TABLE ingest_audit (
    dataset VARCHAR, source_file VARCHAR, sha256 VARCHAR, bytes BIGINT,
    rows_read BIGINT, rows_loaded BIGINT, rows_rejected BIGINT, rows_duplicate BIGINT, seconds DOUBLE
);
CREATE TABLE lineage (
    asset VARCHAR, partition VARCHAR, run_id VARCHAR, data_version VARCHAR, code_version VARCHAR,
    upstream_asset VARCHAR, upstream_partition VARCHAR, upstream_data_version VARCHAR, created_at TIMESTAMP
);
CREATE TABLE item_vectors (dataset VARCHAR, item_id VARCHAR, field VARCHAR, encoder VARCHAR, vector FLOAT[]);
