-- One schema for all sources, empty here: the lake's files are laid over these tables as views.
CREATE TABLE IF NOT EXISTS users (dataset VARCHAR, user_id VARCHAR, attributes JSON, interactions BIGINT);
CREATE TABLE IF NOT EXISTS items (
    dataset VARCHAR, item_id VARCHAR, title VARCHAR, description VARCHAR, categories VARCHAR[], year INTEGER,
    price DOUBLE, brand VARCHAR, attributes JSON, has_text BOOLEAN, has_image BOOLEAN
);
CREATE TABLE IF NOT EXISTS interactions (
    dataset VARCHAR, user_id VARCHAR, item_id VARCHAR, rating DOUBLE, ts TIMESTAMP, review_id VARCHAR,
    official_test BOOLEAN
);
CREATE TABLE IF NOT EXISTS reviews (
    dataset VARCHAR, review_id VARCHAR, user_id VARCHAR, item_id VARCHAR, title VARCHAR, text VARCHAR,
    helpful_votes INTEGER, verified BOOLEAN
);
CREATE TABLE IF NOT EXISTS fetched_pictures (
    dataset VARCHAR, item_id VARCHAR, image_id VARCHAR, source VARCHAR, url VARCHAR, path VARCHAR, sha256 VARCHAR,
    width INTEGER, height INTEGER, bytes BIGINT, status VARCHAR, reason VARCHAR, fetched_at TIMESTAMP,
    text VARCHAR, text_kind VARCHAR, match_score DOUBLE
);
CREATE TABLE IF NOT EXISTS images (
    dataset VARCHAR, item_id VARCHAR, image_id VARCHAR, source VARCHAR, url VARCHAR, path VARCHAR, sha256 VARCHAR,
    width INTEGER, height INTEGER, bytes BIGINT, status VARCHAR, reason VARCHAR, fetched_at TIMESTAMP
);
CREATE TABLE IF NOT EXISTS media (
    dataset VARCHAR, item_id VARCHAR, media_id VARCHAR, kind VARCHAR, source VARCHAR, url VARCHAR, path VARCHAR,
    sha256 VARCHAR, seconds DOUBLE, bytes BIGINT, status VARCHAR, reason VARCHAR, fetched_at TIMESTAMP
);
