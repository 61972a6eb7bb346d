-- All that a user tagged a film with, as one short text, with the rating that the user gave the film.
SELECT concat_ws(':', 'tags', i.user_id, i.item_id) AS review_id, i.item_id, i.rating,
    string_agg(DISTINCT t.text, ', ' ORDER BY t.text) AS text
FROM staging.texts t
JOIN interactions i ON i.item_id = t.item_id AND i.user_id = (t.attributes ->> 'user_id')
WHERE t.kind = 'tag'
GROUP BY ALL
ORDER BY review_id
