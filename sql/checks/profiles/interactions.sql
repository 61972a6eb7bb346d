SELECT count(*) AS rows,
    {'rating': count(rating), 'ts': count(ts), 'review_id': count(review_id)} AS present,
    {'rating': approx_quantile(rating, [0.05, 0.5, 0.95])} AS quantiles,
    {'rating': histogram(rating::VARCHAR)} AS counts
FROM interactions
