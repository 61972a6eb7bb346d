-- What every table, column and macro of the snapshot means: DESCRIBE, duckdb_columns() and SQL clients show it.

COMMENT ON TABLE items IS 'Everything that is described or was rated.';
COMMENT ON COLUMN items.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN items.item_id IS 'The id in the source: MovieLens movieId, Amazon parent_asin, Yelp business_id.';
COMMENT ON COLUMN items.title IS 'As the source writes it, cleaned of tags and entities; NULL where it has none.';
COMMENT ON COLUMN items.description IS 'Plot, product text or attributes in words; NULL where there is none.';
COMMENT ON COLUMN items.categories IS 'Genres, or the path in the shop, in the order of the source.';
COMMENT ON COLUMN items.year IS 'Of release.';
COMMENT ON COLUMN items.price IS 'In US dollars.';
COMMENT ON COLUMN items.brand IS 'Maker or store.';
COMMENT ON COLUMN items.attributes IS 'All else that the source tells, as JSON.';
COMMENT ON COLUMN items.has_text IS 'A title or description is there to be encoded.';
COMMENT ON COLUMN items.has_image IS 'A picture was found and decoded whole.';

COMMENT ON TABLE users IS 'Everybody who is listed or rated something.';
COMMENT ON COLUMN users.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN users.user_id IS 'The id in the source.';
COMMENT ON COLUMN users.attributes IS 'Age, gender and the like, where the source has them.';
COMMENT ON COLUMN users.interactions IS 'Ratings of this user that were loaded.';

COMMENT ON TABLE interactions IS 'One rating per user and item, the latest.';
COMMENT ON COLUMN interactions.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN interactions.user_id IS 'Who rated.';
COMMENT ON COLUMN interactions.item_id IS 'What was rated.';
COMMENT ON COLUMN interactions.rating IS 'On the scale of the source: 1 to 5, newer MovieLens in halves from 0.5.';
COMMENT ON COLUMN interactions.ts IS 'UTC; NULL where the source has no time.';
COMMENT ON COLUMN interactions.review_id IS 'The written review that came with it; NULL without one.';
COMMENT ON COLUMN interactions.official_test IS 'In the test file that the source itself ships (u1.test of ml-100k).';

COMMENT ON TABLE reviews IS 'Every written review, cleaned of tags and entities.';
COMMENT ON COLUMN reviews.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN reviews.review_id IS 'Names the review in its dataset.';
COMMENT ON COLUMN reviews.user_id IS 'Who wrote it.';
COMMENT ON COLUMN reviews.item_id IS 'What it is about.';
COMMENT ON COLUMN reviews.title IS 'Headline; NULL where the source has none.';
COMMENT ON COLUMN reviews.text IS 'The review.';
COMMENT ON COLUMN reviews.helpful_votes IS 'People who marked it as helpful.';
COMMENT ON COLUMN reviews.verified IS 'The shop knows that the reviewer bought the item; NULL where the source does not tell.';

COMMENT ON TABLE images IS 'One row per picture and what became of it.';
COMMENT ON COLUMN images.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN images.item_id IS 'The item that it shows.';
COMMENT ON COLUMN images.image_id IS 'Names the picture within the item.';
COMMENT ON COLUMN images.source IS 'Where it was named or found: a file of the source, or a service on the web.';
COMMENT ON COLUMN images.url IS 'Address that it was, or can be, fetched from.';
COMMENT ON COLUMN images.path IS 'Below the raw root (TRIFUSE_RAW; for the samples TRIFUSE_HOME/landing/samples/<dataset>).';
COMMENT ON COLUMN images.sha256 IS 'Of the bytes of the file.';
COMMENT ON COLUMN images.width IS 'Pixels.';
COMMENT ON COLUMN images.height IS 'Pixels.';
COMMENT ON COLUMN images.bytes IS 'Size of the file.';
COMMENT ON COLUMN images.status IS 'found, missing, refused, corrupt, too large or blocked.';
COMMENT ON COLUMN images.reason IS 'Why it is not found; NULL where it is.';
COMMENT ON COLUMN images.fetched_at IS 'When it was fetched, UTC; NULL for files that were there.';

COMMENT ON TABLE media IS 'One row per media file and kind, video and audio of a film with sound, and what became of it.';
COMMENT ON COLUMN media.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN media.item_id IS 'The item that it belongs to.';
COMMENT ON COLUMN media.media_id IS 'Names the file within the item.';
COMMENT ON COLUMN media.kind IS 'audio or video; NULL where the file cannot be used, for the reason that is given.';
COMMENT ON COLUMN media.source IS 'Where it was named: media.csv, or the folder.';
COMMENT ON COLUMN media.url IS 'Address that it was fetched from; NULL for files that were there.';
COMMENT ON COLUMN media.path IS 'Below the raw root; below TRIFUSE_HOME/landing where the file was fetched from its url.';
COMMENT ON COLUMN media.sha256 IS 'Of the bytes of the file.';
COMMENT ON COLUMN media.seconds IS 'Of play, as decoded.';
COMMENT ON COLUMN media.bytes IS 'Size of the file.';
COMMENT ON COLUMN media.status IS 'found, or what is wrong with it.';
COMMENT ON COLUMN media.reason IS 'Why it cannot be used; NULL where it can.';
COMMENT ON COLUMN media.fetched_at IS 'When it was fetched, UTC.';

COMMENT ON TABLE rejects IS 'Raw records that could not be loaded, with file, line and reason.';
COMMENT ON COLUMN rejects.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN rejects.source_file IS 'The raw file, below the raw root.';
COMMENT ON COLUMN rejects.line IS 'Line, or record, from 1; NULL where it is the whole file.';
COMMENT ON COLUMN rejects.stage IS 'The step that refused it.';
COMMENT ON COLUMN rejects.reason IS 'Why, in a few words that repeat.';
COMMENT ON COLUMN rejects.raw IS 'The record as it stands in the file.';

COMMENT ON TABLE metrics IS 'Every measured number. valid_ and train_ rows carry those prefixes.';
COMMENT ON COLUMN metrics.metric_id IS 'A hash of all that the number is of: give it to trace().';
COMMENT ON COLUMN metrics.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN metrics.protocol IS 'How the ratings were split, and which metrics belong to that: see `trifuse run --help`.';
COMMENT ON COLUMN metrics.seed IS 'Of the split and of the training.';
COMMENT ON COLUMN metrics.model IS 'Name in models/registry.py.';
COMMENT ON COLUMN metrics.variant IS 'Of the model, empty for the plain one: cro and sin with and without posters, no-text, ...';
COMMENT ON COLUMN metrics.study IS 'The study that changed something, which the variant names; empty for the models as they are.';
COMMENT ON COLUMN metrics.metric IS 'rmse, mae, mse, accuracy, precision, recall, f1, auc, ndcg, mrr, map, hit, coverage or gini; on test unless prefixed.';
COMMENT ON COLUMN metrics.k IS 'Cutoff of the list; NULL for metrics without one.';
COMMENT ON COLUMN metrics.value IS 'Full precision; rounded only when shown.';
COMMENT ON COLUMN metrics.ci_low IS 'Lower end of the 95% bootstrap interval.';
COMMENT ON COLUMN metrics.ci_high IS 'Upper end of the 95% bootstrap interval.';
COMMENT ON COLUMN metrics.n IS 'Ratings, or users, that the value is over.';
COMMENT ON COLUMN metrics.candidates IS 'Mean number of items ranked per user: the catalogue minus what was seen.';
COMMENT ON COLUMN metrics.fit_seconds IS 'Training, the search for settings included.';
COMMENT ON COLUMN metrics.peak_memory_mb IS 'Highest memory while training: of the GPU, or of the process where there is none.';
COMMENT ON COLUMN metrics.parameters IS 'Numbers that the model learned.';
COMMENT ON COLUMN metrics.trials IS 'Settings that were compared on validation.';
COMMENT ON COLUMN metrics.device IS 'cpu or cuda: what it was trained on.';
COMMENT ON COLUMN metrics.run_id IS 'The Dagster run that trained it.';
COMMENT ON COLUMN metrics.data_version IS 'Hash of the trained model and its predictions.';
COMMENT ON COLUMN metrics.code_version IS 'Of the training code and of the model.';
COMMENT ON COLUMN metrics.created_at IS 'When it was trained, UTC.';

COMMENT ON TABLE predictions IS 'Predicted and true rating of every test pair.';
COMMENT ON COLUMN predictions.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN predictions.protocol IS 'As in metrics.';
COMMENT ON COLUMN predictions.seed IS 'As in metrics.';
COMMENT ON COLUMN predictions.model IS 'As in metrics.';
COMMENT ON COLUMN predictions.variant IS 'As in metrics.';
COMMENT ON COLUMN predictions.user_id IS 'Whose rating was predicted.';
COMMENT ON COLUMN predictions.item_id IS 'Of which item.';
COMMENT ON COLUMN predictions.rating IS 'What was given.';
COMMENT ON COLUMN predictions.prediction IS 'What was predicted without seeing it.';

COMMENT ON TABLE recommendations IS 'The first items of every user by every model, and why.';
COMMENT ON COLUMN recommendations.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN recommendations.model IS 'Who recommends: one list a model, of its first variant under the first protocol and seed of the dataset.';
COMMENT ON COLUMN recommendations.user_id IS 'Whose list.';
COMMENT ON COLUMN recommendations.rank IS 'From 1, the best.';
COMMENT ON COLUMN recommendations.item_id IS 'One that the user has not rated.';
COMMENT ON COLUMN recommendations.score IS 'What the model ranks by: a predicted rating, or a number that only orders.';
COMMENT ON COLUMN recommendations.why IS 'The liked item whose content is nearest, in a sentence.';
COMMENT ON COLUMN recommendations.missing IS 'Modalities that the model looks at and the item has none of, so that it was scored without; NULL for models that cannot tell.';

COMMENT ON TABLE review_sentiment IS 'Sentiment of every written review, by the best model on validation; empty until one has been trained.';
COMMENT ON COLUMN review_sentiment.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN review_sentiment.review_id IS 'As in reviews.';
COMMENT ON COLUMN review_sentiment.model IS 'The model that said it: the best on validation.';
COMMENT ON COLUMN review_sentiment.probability IS 'That the review is positive: more stars than the middle of the scale.';
COMMENT ON COLUMN review_sentiment.label IS 'negative or positive.';
COMMENT ON COLUMN review_sentiment.fold IS 'What the review was to the model: of those it was trained on it knows more than of others.';

COMMENT ON TABLE contradictions IS 'Reviews whose stars and words say opposite things; fewer are seen among those that the model was trained on (fold).';
COMMENT ON COLUMN contradictions.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN contradictions.review_id IS 'As in reviews.';
COMMENT ON COLUMN contradictions.item_id IS 'What the review is about.';
COMMENT ON COLUMN contradictions.kind IS 'few stars, kind words; or many stars, harsh words.';
COMMENT ON COLUMN contradictions.rating IS 'The stars.';
COMMENT ON COLUMN contradictions.probability IS 'That the words are positive.';
COMMENT ON COLUMN contradictions.fold IS 'What the review was to the model: train, valid or test.';
COMMENT ON COLUMN contradictions.text IS 'The review.';

COMMENT ON TABLE sentiment_metrics IS 'How good every sentiment model is on its validation and test reviews.';
COMMENT ON COLUMN sentiment_metrics.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN sentiment_metrics.model IS 'Name in models/sentiment/registry.py.';
COMMENT ON COLUMN sentiment_metrics.head IS 'binary: negative or positive; stars: one to five.';
COMMENT ON COLUMN sentiment_metrics.fold IS 'valid or test.';
COMMENT ON COLUMN sentiment_metrics.metric IS 'accuracy, macro_f1, auc, calibration_error, ...';
COMMENT ON COLUMN sentiment_metrics.value IS 'Full precision.';
COMMENT ON COLUMN sentiment_metrics.n IS 'Reviews that the value is over.';
COMMENT ON COLUMN sentiment_metrics.fit_seconds IS 'Training.';
COMMENT ON COLUMN sentiment_metrics.parameters IS 'Numbers that the model learned.';

COMMENT ON TABLE ingest_audit IS 'Per raw file: rows_read = rows_loaded + rows_rejected + rows_duplicate.';
COMMENT ON COLUMN ingest_audit.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN ingest_audit.source_file IS 'The raw file, below the raw root.';
COMMENT ON COLUMN ingest_audit.sha256 IS 'Of the file as it was read.';
COMMENT ON COLUMN ingest_audit.bytes IS 'Size of the file.';
COMMENT ON COLUMN ingest_audit.rows_read IS 'Records in the file.';
COMMENT ON COLUMN ingest_audit.rows_loaded IS 'Records that became rows.';
COMMENT ON COLUMN ingest_audit.rows_rejected IS 'Records that stand in rejects.';
COMMENT ON COLUMN ingest_audit.rows_duplicate IS 'Records that repeat another one.';
COMMENT ON COLUMN ingest_audit.seconds IS 'Of reading.';

COMMENT ON TABLE lineage IS 'What every data version was made from, down to files and their SHA-256.';
COMMENT ON COLUMN lineage.asset IS 'What was made.';
COMMENT ON COLUMN lineage.partition IS 'Dataset, or dataset|model|protocol|seed|variant; empty for what has none.';
COMMENT ON COLUMN lineage.run_id IS 'The Dagster run that made it.';
COMMENT ON COLUMN lineage.data_version IS 'Hash of what was made.';
COMMENT ON COLUMN lineage.code_version IS 'Of the code that made it.';
COMMENT ON COLUMN lineage.upstream_asset IS 'What it was made from, `file` for a raw file; NULL for what has no source.';
COMMENT ON COLUMN lineage.upstream_partition IS 'Partition of that; of a file, its path below the raw root.';
COMMENT ON COLUMN lineage.upstream_data_version IS 'The version of that which was read; of a file, its SHA-256.';
COMMENT ON COLUMN lineage.created_at IS 'When it was made, UTC.';

COMMENT ON TABLE item_vectors IS 'Content vectors of items by field; encoder is the key of what made them; an item with several pictures has their mean.';
COMMENT ON COLUMN item_vectors.dataset IS 'The dataset, as in assets/datasets.toml.';
COMMENT ON COLUMN item_vectors.item_id IS 'The item.';
COMMENT ON COLUMN item_vectors.field IS 'title, introduction, image, audio or video.';
COMMENT ON COLUMN item_vectors.encoder IS 'Key of the encoder: SHA-256 of its name, weights and settings.';
COMMENT ON COLUMN item_vectors.vector IS 'float32, as long as the encoder is wide.';

COMMENT ON MACRO TABLE leaderboard IS '(dataset, metric): the models by that metric, best first, means over seeds.';
COMMENT ON MACRO TABLE studies IS '(dataset, metric): what studies changed and what became of it.';
COMMENT ON MACRO TABLE recommend IS '(dataset, user, k, by_model := NULL): the list of a user, by the best model on validation or by the one named.';
COMMENT ON MACRO TABLE similar_items IS '(dataset, item, k): the items whose content is nearest.';
COMMENT ON MACRO TABLE trace IS '(metric_id): from a number back to files and their SHA-256.';
