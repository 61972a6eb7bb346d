-- Share of items with a description, and with any text.
SELECT count(description) / nullif(count(*), 0) AS share, count(description) AS described, count(title) AS titled,
    count(*) AS items
FROM items
