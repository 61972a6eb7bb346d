-- Share of genre mentions that the GroupLens READMEs list, and the others.
WITH mentioned AS (
    SELECT unnest(categories) AS genre FROM items
), judged AS (
    SELECT genre, genre IN (
        'Action', 'Adventure', 'Animation', 'Children', 'Children''s', 'Comedy', 'Crime', 'Documentary', 'Drama', 'Fantasy',
        'Film-Noir', 'Horror', 'IMAX', 'Musical', 'Mystery', 'Romance', 'Sci-Fi', 'Thriller', 'War', 'Western') AS known
    FROM mentioned
)
SELECT avg(known::INTEGER) AS share, count(*) AS mentions,
    array_to_string(list_sort(list(DISTINCT genre) FILTER (NOT known))[:5], ', ') AS unknown
FROM judged
