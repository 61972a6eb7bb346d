-- Share of items with a usable picture.
SELECT count(*) FILTER (has_image) / nullif(count(*), 0) AS share, count(*) FILTER (has_image) AS pictured, count(*) AS items
FROM items
