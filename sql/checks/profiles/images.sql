SELECT count(*) AS rows,
    {'found': count(*) FILTER (status = 'found'), 'url': count(url)} AS present,
    {'width': approx_quantile(width, [0.05, 0.5, 0.95]), 'height': approx_quantile(height, [0.05, 0.5, 0.95]),
     'bytes': approx_quantile(bytes, [0.05, 0.5, 0.95])} AS quantiles,
    {'status': histogram(status), 'source': histogram(source)} AS counts
FROM images
