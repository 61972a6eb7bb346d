-- The share of test ratings with at least five words that a train rating has word for word, case and signs aside.
WITH written AS (
    SELECT i.row, regexp_replace(lower(concat_ws(' ', r.title, r.text)), '\W+', ' ', 'g') AS words
    FROM (SELECT row_number() OVER () - 1 AS row, review_id FROM interactions) i
    JOIN reviews r USING (review_id)
), said AS (
    SELECT f.filename, f.fold, hash(w.words) AS words
    FROM folds f JOIN written w ON w.row = f.file_row_number
    WHERE len(string_split(trim(w.words), ' ')) >= 5 AND f.fold IN (0, 2)
), tested AS (
    SELECT filename, count(*) AS tested,
        count(*) FILTER ((filename, words) IN (SELECT (filename, words) FROM said WHERE fold = 0)) AS repeated
    FROM said WHERE fold = 2 GROUP BY filename
)
SELECT max(repeated / tested) AS share, arg_max(filename, repeated / tested) AS worst_file,
    sum(tested)::BIGINT AS tested, sum(repeated)::BIGINT AS repeated
FROM tested
