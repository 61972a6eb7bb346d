-- Typed rows as their sources give them. `line` is the line of `source_file` that a row came from.
CREATE SCHEMA IF NOT EXISTS staging;

CREATE TABLE IF NOT EXISTS staging.rejects (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, stage VARCHAR, reason VARCHAR, raw VARCHAR
);
CREATE TABLE IF NOT EXISTS staging.ingest_audit (
    dataset VARCHAR, source_file VARCHAR, sha256 VARCHAR, bytes BIGINT,
    rows_read BIGINT, rows_loaded BIGINT, rows_rejected BIGINT, rows_duplicate BIGINT, seconds DOUBLE
);

CREATE TABLE IF NOT EXISTS staging.people (
    dataset VARCHAR, line BIGINT, user_id VARCHAR, attributes JSON
);
CREATE TABLE IF NOT EXISTS staging.products (
    dataset VARCHAR, line BIGINT, item_id VARCHAR, title VARCHAR, description VARCHAR, categories VARCHAR[],
    year INTEGER, price DOUBLE, brand VARCHAR, attributes JSON
);
CREATE TABLE IF NOT EXISTS staging.ratings (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, user_id VARCHAR, item_id VARCHAR, rating DOUBLE, ts TIMESTAMP,
    review_id VARCHAR, title VARCHAR, text VARCHAR, helpful_votes INTEGER, verified BOOLEAN
);
CREATE TABLE IF NOT EXISTS staging.texts (
    dataset VARCHAR, line BIGINT, item_id VARCHAR, year INTEGER, text VARCHAR, kind VARCHAR, attributes JSON
);
CREATE TABLE IF NOT EXISTS staging.pictures (
    dataset VARCHAR, line BIGINT, item_id VARCHAR, image_id VARCHAR, source VARCHAR, url VARCHAR, file VARCHAR
);
CREATE TABLE IF NOT EXISTS staging.official_tests (
    dataset VARCHAR, line BIGINT, protocol VARCHAR, user_id VARCHAR, item_id VARCHAR
);
