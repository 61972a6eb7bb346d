SELECT count(*) AS rows,
    {'attributes': count(*) FILTER (attributes <> '{}')} AS present,
    {'interactions': approx_quantile(interactions, [0.05, 0.5, 0.95])} AS quantiles,
    {} AS counts
FROM users
