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

COMMENT ON TABLE items IS 'Everything that is described or was rated.';
COMMENT ON COLUMN items.has_image IS 'A picture was found and decoded whole.';
COMMENT ON TABLE users IS 'Everybody who is listed or rated something.';
COMMENT ON TABLE interactions IS 'One rating per user and item, the latest.';
COMMENT ON COLUMN interactions.ts IS 'UTC; NULL where the source has no time.';
COMMENT ON TABLE reviews IS 'Every written review, cleaned of tags and entities.';
COMMENT ON TABLE images IS 'One row per picture and what became of it.';
COMMENT ON COLUMN images.path IS 'Below the raw root (TRIFUSE_RAW; for the samples TRIFUSE_HOME/landing/samples/<dataset>).';
COMMENT ON TABLE media IS 'One row per media file and kind, video and audio of a film with sound, and what became of it.';
COMMENT ON COLUMN media.kind IS 'audio or video; NULL where the file cannot be used, for the reason that is given.';
COMMENT ON COLUMN media.path IS 'Below the raw root; below TRIFUSE_HOME/landing where the file was fetched from its url.';
COMMENT ON COLUMN media.seconds IS 'Of play, as decoded.';
COMMENT ON TABLE rejects IS 'Raw records that could not be loaded, with file, line and reason.';
COMMENT ON TABLE metrics IS 'Every measured number. valid_ and train_ rows carry those prefixes.';
COMMENT ON COLUMN metrics.study IS 'The study that changed something, which the variant names; empty for the models as they are.';
COMMENT ON COLUMN metrics.leaky_by_design IS 'A random split: training may hold ratings that were made after the tested ones.';
COMMENT ON TABLE metric_slices IS 'Metrics of parts of the test fold (slice), and of lists beyond their hits (slice all).';
COMMENT ON COLUMN metric_slices.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN metric_slices.protocol IS 'How ratings were split and what was measured.';
COMMENT ON COLUMN metric_slices.seed IS 'Of the split and of the training.';
COMMENT ON COLUMN metric_slices.model IS 'As in models/registry.py.';
COMMENT ON COLUMN metric_slices.variant IS 'Of the model; empty for the plain one.';
COMMENT ON COLUMN metric_slices.study IS 'The study that changed something; empty for the models as they are.';
COMMENT ON COLUMN metric_slices.metric IS 'rmse, ndcg, recall; of all: coverage, gini, popularity (mean train ratings of listed items), novelty (bits), diversity (1 - cosine), genre_divergence (bits), calibration_error (stars), users_left_out.';
COMMENT ON COLUMN metric_slices.k IS 'Length of the lists; NULL for errors of ratings.';
COMMENT ON COLUMN metric_slices.ci_low IS 'Lower end of the 95% bootstrap interval, users redrawn.';
COMMENT ON COLUMN metric_slices.ci_high IS 'Its upper end.';
COMMENT ON COLUMN metric_slices.n IS 'Ratings, or users, of the slice.';
COMMENT ON COLUMN metric_slices.data_version IS 'Of the trained model.';
COMMENT ON COLUMN metric_slices.slice IS 'Cold users and items have no train rating, sparse users fewer than 10; the head is the fifth of the items rated most.';
COMMENT ON COLUMN metric_slices.value IS 'Full precision; NULL where the slice is empty (n is 0).';
COMMENT ON TABLE test_reads IS 'Every time that a trained model was held against test ratings; once per model and data version.';
COMMENT ON COLUMN test_reads.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN test_reads.protocol IS 'How ratings were split.';
COMMENT ON COLUMN test_reads.seed IS 'Of the split and of the training.';
COMMENT ON COLUMN test_reads.model IS 'As in models/registry.py.';
COMMENT ON COLUMN test_reads.variant IS 'Of the model; empty for the plain one.';
COMMENT ON COLUMN test_reads.data_version IS 'Of the trained model.';
COMMENT ON COLUMN test_reads.judgement_version IS 'Of the code that measures.';
COMMENT ON COLUMN test_reads.n IS 'Test ratings that were looked at.';
COMMENT ON COLUMN test_reads.run_id IS 'The Dagster run that looked.';
COMMENT ON COLUMN test_reads.read_at IS 'UTC.';
COMMENT ON COLUMN metrics.value IS 'Full precision; rounded only when shown.';
COMMENT ON COLUMN metrics.ci_low IS 'Lower end of the 95% bootstrap interval.';
COMMENT ON COLUMN metrics.n IS 'Ratings, or users, that the value is over.';
COMMENT ON COLUMN metrics.candidates IS 'Mean number of items ranked per user: the catalogue minus what was seen.';
COMMENT ON COLUMN metrics.fit_seconds IS 'Training, the search for settings included.';
COMMENT ON COLUMN metrics.peak_memory_mb IS 'Highest memory while training: of the GPU, or of the process where there is none.';
COMMENT ON COLUMN metrics.trials IS 'Settings that were compared on validation.';
COMMENT ON TABLE predictions IS 'Predicted and true rating of every test pair.';
COMMENT ON TABLE recommendations IS 'The first items of every user by every model, and why.';
COMMENT ON COLUMN recommendations.missing IS 'Modalities that the model looks at and the item has none of, so that it was scored without; NULL for models that cannot tell.';
COMMENT ON TABLE review_sentiment IS 'Sentiment of every written review, by the best model on validation; empty until one has been trained.';
COMMENT ON COLUMN review_sentiment.probability IS 'That the review is positive: more stars than the middle of the scale.';
COMMENT ON COLUMN review_sentiment.fold IS 'What the review was to the model: of those it was trained on it knows more than of others.';
COMMENT ON TABLE contradictions IS 'Reviews whose stars and words say opposite things; fewer are seen among those that the model was trained on (fold).';
COMMENT ON COLUMN contradictions.probability IS 'That the words are positive.';
COMMENT ON TABLE sentiment_metrics IS 'How good every sentiment model is on its validation and test reviews.';
COMMENT ON COLUMN sentiment_metrics.head IS 'binary: negative or positive; stars: one to five.';
COMMENT ON TABLE ingest_audit IS 'Per raw file: rows_read = rows_loaded + rows_rejected + rows_duplicate.';
COMMENT ON TABLE lineage IS 'What every data version was made from, down to files and their SHA-256.';
COMMENT ON TABLE item_vectors IS 'Content vectors of items by field; encoder is the key of what made them; an item with several pictures has their mean.';
