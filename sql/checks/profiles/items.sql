WITH categories AS (
    SELECT histogram(name) AS counts FROM (SELECT unnest(categories) AS name FROM items)
)
SELECT count(*) AS rows,
    {'title': count(title), 'description': count(description), 'year': count(year), 'price': count(price),
     'brand': count(brand), 'image': count(*) FILTER (has_image)} AS present,
    {'year': approx_quantile(year, [0.05, 0.5, 0.95]), 'price': approx_quantile(price, [0.05, 0.5, 0.95]),
     'title characters': approx_quantile(length(title), [0.05, 0.5, 0.95]),
     'description characters': approx_quantile(length(description), [0.05, 0.5, 0.95])} AS quantiles,
    {'category': any_value(categories.counts)} AS counts
FROM items, categories
