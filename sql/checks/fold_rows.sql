-- Protocols and seeds under which there are more or fewer folds than interactions, or an interaction has none.
SELECT filename, count(*) AS rows, count(fold) AS folds, (SELECT count(*) FROM interactions) AS interactions
FROM folds GROUP BY filename
HAVING count(fold) <> (SELECT count(*) FROM interactions) OR count(*) <> count(fold)
