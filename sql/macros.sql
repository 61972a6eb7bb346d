-- What people ask most. Every macro reads the snapshot alone.

-- Models of a dataset by a metric, best first: the mean over seeds, with the mean ends of the 95% intervals.
CREATE MACRO leaderboard(in_dataset, by_metric) AS TABLE
    WITH chosen AS (
        SELECT *, regexp_matches(metric, '(rmse|mae|mse|gini)$') AS lower_is_better
        FROM metrics WHERE dataset = in_dataset AND metric = by_metric AND study = ''
    )
    SELECT protocol, model, variant, k, avg(value) AS value, stddev_samp(value) AS sd, avg(ci_low) AS ci_low,
        avg(ci_high) AS ci_high, count(*) AS seeds, avg(n) AS n, avg(fit_seconds) AS fit_seconds,
        first(metric_id ORDER BY seed) AS metric_id
    FROM chosen
    GROUP BY protocol, model, variant, k
    ORDER BY protocol, k, CASE WHEN any_value(lower_is_better) THEN avg(value) ELSE -avg(value) END;

-- What studies changed and what became of it: the mean over seeds, in the order of the variants' names.
CREATE MACRO studies(in_dataset, by_metric) AS TABLE
    SELECT study, protocol, model, variant, k, avg(value) AS value, avg(ci_low) AS ci_low, avg(ci_high) AS ci_high,
        count(*) AS seeds, avg(fit_seconds) AS fit_seconds, first(metric_id ORDER BY seed) AS metric_id
    FROM metrics WHERE dataset = in_dataset AND metric = by_metric AND study <> ''
    GROUP BY ALL
    ORDER BY study, protocol, model, k, variant;

-- A user's list by the champion, or by the model named; until there is a champion, by the model with the lowest
-- validation error among those that recommend.
CREATE MACRO recommend(in_dataset, for_user, n, by_model := NULL) AS TABLE
    WITH headline AS (
        SELECT protocol FROM metrics WHERE dataset = in_dataset AND study = '' GROUP BY protocol
        ORDER BY count(DISTINCT (model, seed)) DESC, protocol LIMIT 1
    ), best AS (
        SELECT model FROM metrics JOIN headline USING (protocol)
        WHERE dataset = in_dataset AND metric = 'valid_rmse' AND study = ''
            AND model IN (SELECT DISTINCT model FROM recommendations WHERE dataset = in_dataset)
        GROUP BY model
        ORDER BY min(value)
        LIMIT 1
    ), champion AS (
        SELECT model FROM champions WHERE dataset = in_dataset AND serves
    )
    SELECT r.rank, r.item_id, i.title, r.score, r.why, r.model
    FROM recommendations r
    LEFT JOIN items i ON i.dataset = r.dataset AND i.item_id = r.item_id
    WHERE r.dataset = in_dataset AND r.user_id = for_user::VARCHAR AND r.rank <= n
        AND r.model = coalesce(by_model, (SELECT model FROM champion), (SELECT model FROM best))
    ORDER BY r.rank;

-- Items whose titles, descriptions and pictures are nearest: the mean cosine over the fields that both have.
CREATE MACRO similar_items(in_dataset, to_item, n) AS TABLE
    SELECT v.item_id, i.title, avg(list_cosine_similarity(v.vector, o.vector)) AS similarity
    FROM item_vectors o
    JOIN item_vectors v ON v.dataset = o.dataset AND v.field = o.field AND v.encoder = o.encoder AND v.item_id <> o.item_id
    LEFT JOIN items i ON i.dataset = v.dataset AND i.item_id = v.item_id
    WHERE o.dataset = in_dataset AND o.item_id = to_item::VARCHAR
    GROUP BY v.item_id, i.title
    ORDER BY similarity DESC, v.item_id
    LIMIT n;

-- What texts from elsewhere say of the items, beside the mean rating here: mean stars, and mean sentiment of the words.
CREATE MACRO outside_sentiment(in_dataset) AS TABLE
    WITH here AS (
        SELECT item_id, avg(rating) AS mean_rating_here, count(*) AS ratings_here FROM interactions
        WHERE dataset = in_dataset GROUP BY item_id
    )
    SELECT t.item_id, i.title, t.source, count(*) AS texts, avg(t.rating) AS mean_rating, avg(s.probability) AS mean_sentiment,
        any_value(here.mean_rating_here) AS mean_rating_here, any_value(here.ratings_here) AS ratings_here
    FROM further_texts t
    LEFT JOIN review_sentiment s ON s.dataset = t.dataset AND s.review_id = t.review_id
    LEFT JOIN items i ON i.dataset = t.dataset AND i.item_id = t.item_id
    LEFT JOIN here ON here.item_id = t.item_id
    WHERE t.dataset = in_dataset
    GROUP BY t.item_id, i.title, t.source
    ORDER BY texts DESC, t.item_id;

-- The chain from a number back to files and their SHA-256 (a file's data version): raw ones are called file, those that
-- a step made artifact. `upstream` is what a row was made from; of equal versions it is the making that came before.
CREATE MACRO trace(of_metric) AS TABLE
    WITH RECURSIVE numbers AS (
        SELECT metric_id, metric, k, value, run_id, data_version, code_version, created_at, 'recommender' AS asset,
            concat_ws('|', dataset, model, protocol, seed, variant) AS partition,
            regexp_matches(metric, '^(valid|train)_') AS of_training
        FROM metrics WHERE metric_id = of_metric
        UNION ALL BY NAME
        SELECT metric_id, concat_ws(' ', head, fold, metric) AS metric, value, run_id, data_version, code_version, created_at,
            'sentiment_model' AS asset, concat_ws('|', dataset, model) AS partition, true AS of_training
        FROM sentiment_metrics WHERE metric_id = of_metric
    ), number AS (
        -- What was measured on test stands in the cell's judgement; training itself tells the rest.
        SELECT n.*, coalesce(j.asset, n.asset) AS source, coalesce(j.data_version, n.data_version) AS source_version,
            coalesce(j.created_at, n.created_at) AS measured_at
        FROM numbers n
        LEFT JOIN lineage j ON j.asset = 'judgement' AND j.partition = n.partition AND NOT n.of_training
            AND j.upstream_data_version = n.data_version
        QUALIFY row_number() OVER (ORDER BY j.created_at DESC) = 1
    ), made AS (
        SELECT DISTINCT asset, partition, data_version, created_at AS made_at FROM lineage
    ), lasting AS (
        SELECT *, row_number() OVER same = 1 AS first, lead(made_at) OVER same AS until
        FROM made WINDOW same AS (PARTITION BY asset, partition, data_version ORDER BY made_at)
    ), edges AS (
        SELECT *, NULL::BIGINT AS bytes FROM lineage
        UNION ALL BY NAME
        SELECT asset, partition, data_version, created_at, 'artifact' AS upstream_asset, path AS upstream_partition,
            sha256 AS upstream_data_version, bytes
        FROM lineage_files
    ), chain AS (
        SELECT 0 AS depth, 'metric' AS asset, metric || coalesce('@' || k, '') || ' = ' || value AS partition,
            metric_id AS data_version, code_version, run_id, created_at, source AS upstream_asset,
            partition AS upstream_partition, source_version AS upstream_data_version, measured_at AS before,
            NULL::BIGINT AS bytes, NULL::BIGINT AS upstream_bytes, NULL::VARCHAR AS encoder
        FROM number
        UNION
        SELECT c.depth + 1, c.upstream_asset, c.upstream_partition, c.upstream_data_version, e.code_version, e.run_id,
            e.created_at, e.upstream_asset, e.upstream_partition, e.upstream_data_version, l.made_at, c.upstream_bytes, e.bytes,
            e.encoder
        FROM chain c
        LEFT JOIN lasting l ON l.asset = c.upstream_asset AND l.partition = c.upstream_partition
            AND l.data_version = c.upstream_data_version AND (l.first OR l.made_at <= c.before)
            AND (l.until IS NULL OR c.before < l.until)
        LEFT JOIN edges e ON e.asset = l.asset AND e.partition = l.partition AND e.data_version = l.data_version
            AND e.created_at = l.made_at
        WHERE c.upstream_asset IS NOT NULL
    )
    SELECT max(depth) AS depth, asset, partition, data_version, any_value(code_version) AS code_version,
        any_value(run_id) AS run_id, max(created_at) AS created_at, max(bytes) AS bytes,
        any_value(encoder) AS encoder, list_sort(coalesce(list(DISTINCT {asset: upstream_asset, partition: upstream_partition,
            data_version: upstream_data_version}) FILTER (upstream_asset IS NOT NULL), [])) AS upstream
    FROM chain
    GROUP BY asset, partition, data_version
    ORDER BY depth, asset, partition;
