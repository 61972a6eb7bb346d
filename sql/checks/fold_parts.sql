-- Protocols and seeds that leave nothing to train on or to test.
SELECT filename, count(*) FILTER (fold = 0) AS train, count(*) FILTER (fold = 2) AS test
FROM folds GROUP BY filename
HAVING train = 0 OR test = 0
