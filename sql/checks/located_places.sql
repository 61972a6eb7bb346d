-- Share of described businesses with a city and a state.
SELECT avg((coalesce(attributes ->> 'city', '') <> '' AND coalesce(attributes ->> 'state', '') <> '')::INTEGER) AS share,
    count(*) AS described
FROM items WHERE title IS NOT NULL
