-- Folds that are none of train (0), valid (1) and test (2).
SELECT filename, fold, count(*) AS occurrences FROM folds WHERE fold NOT IN (0, 1, 2) GROUP BY ALL
