-- Typed rows as their sources give them, empty here: staged files are laid over these tables as views.
-- `line` is the line of `source_file` that a row came from.
CREATE SCHEMA IF NOT EXISTS staging;

CREATE TABLE staging.people (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, user_id VARCHAR, attributes JSON
);
-- raw_title, raw_description: as the source wrote them, where cleaning changed them.
CREATE TABLE staging.products (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, item_id VARCHAR, title VARCHAR, description VARCHAR,
    categories VARCHAR[], year INTEGER, price DOUBLE, brand VARCHAR, attributes JSON, image_urls VARCHAR[],
    raw_title VARCHAR, raw_description VARCHAR
);
-- written: whether the rating comes with words. raw_title, raw_text: as the source wrote them, where cleaning changed
-- them.
CREATE TABLE staging.ratings (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, user_id VARCHAR, item_id VARCHAR, rating DOUBLE, ts TIMESTAMP,
    review_id VARCHAR, title VARCHAR, text VARCHAR, helpful_votes INTEGER, verified BOOLEAN, written BOOLEAN,
    raw_title VARCHAR, raw_text VARCHAR
);
-- kind: overview, tip, tag or links (ids of the item elsewhere).
CREATE TABLE staging.texts (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, item_id VARCHAR, year INTEGER, text VARCHAR, kind VARCHAR,
    attributes JSON
);
CREATE TABLE staging.pictures (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, item_id VARCHAR, image_id VARCHAR, source VARCHAR, url VARCHAR,
    file VARCHAR
);
CREATE TABLE staging.official_tests (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, protocol VARCHAR, user_id VARCHAR, item_id VARCHAR
);
-- visits: how often people checked in; hours: visits by weekday (0 is Sunday) and hour, where the source says.
CREATE TABLE staging.checkins (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, item_id VARCHAR, visits BIGINT, hours JSON
);
-- The tag genome: how strongly each tag applies to each film, from 0 to 1.
CREATE TABLE staging.genome_scores (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, item_id VARCHAR, tag_id VARCHAR, relevance DOUBLE
);
CREATE TABLE staging.genome_tags (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, tag_id VARCHAR, tag VARCHAR
);
CREATE TABLE staging.rejects (
    dataset VARCHAR, source_file VARCHAR, line BIGINT, stage VARCHAR, reason VARCHAR, raw VARCHAR
);
CREATE TABLE staging.ingest_audit (
    dataset VARCHAR, source_file VARCHAR, sha256 VARCHAR, bytes BIGINT,
    rows_read BIGINT, rows_loaded BIGINT, rows_rejected BIGINT, rows_duplicate BIGINT, seconds DOUBLE
);
