-- Splits by time in which a train rating is later than one of validation, or that later than one of the test.
WITH timed AS (
    SELECT f.filename, f.fold, min(i.ts) AS first, max(i.ts) AS last
    FROM folds f
    JOIN (SELECT row_number() OVER () - 1 AS row, ts FROM interactions) i ON i.row = f.file_row_number
    WHERE regexp_matches(f.filename, '/folds/global-time/seed-')
    GROUP BY ALL
)
SELECT a.filename, a.fold AS earlier_fold, a.last AS its_last, b.fold AS later_fold, b.first AS its_first
FROM timed a JOIN timed b ON a.filename = b.filename AND a.fold < b.fold
WHERE a.last > b.first
