-- Reviews of some length whose words stand one after the other in the description of what they review.
WITH described AS (
    SELECT item_id, ' ' || regexp_replace(lower(description), '\W+', ' ', 'g') || ' ' AS words
    FROM items WHERE length(description) >= 40
)
SELECT r.review_id, r.item_id, left(r.text, 100) AS text
FROM reviews r JOIN described d USING (item_id)
WHERE length(r.text) >= 40
    AND contains(d.words, ' ' || trim(regexp_replace(lower(r.text), '\W+', ' ', 'g')) || ' ')
