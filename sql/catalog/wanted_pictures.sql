-- Described items without a listed picture on disk, and all that a provider may know them by.
WITH links AS (
    SELECT item_id, max(attributes ->> 'imdb_id') AS imdb_id, max(attributes ->> 'tmdb_id') AS tmdb_id, max(year) AS year
    FROM staging.texts WHERE kind IN ('links', 'overview') GROUP BY item_id
)
SELECT p.item_id, p.title, coalesce(p.year, links.year) AS year, links.imdb_id, links.tmdb_id, p.image_urls
FROM staging.products p LEFT JOIN links USING (item_id)
WHERE p.item_id NOT IN (SELECT item_id FROM staging.pictures WHERE file IS NOT NULL)
ORDER BY try_cast(p.item_id AS BIGINT), p.item_id
