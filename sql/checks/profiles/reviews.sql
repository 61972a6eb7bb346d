SELECT count(*) AS rows,
    {'title': count(title), 'text': count(text), 'helpful_votes': count(helpful_votes), 'verified': count(verified)}
        AS present,
    {'title characters': approx_quantile(length(title), [0.05, 0.5, 0.95]),
     'text characters': approx_quantile(length(text), [0.05, 0.5, 0.95]),
     'helpful_votes': approx_quantile(helpful_votes, [0.05, 0.5, 0.95])} AS quantiles,
    {'verified': histogram(verified::VARCHAR)} AS counts
FROM reviews
