-- Amazon reviews of 2014 and 2018, one review a line; helpful votes are [helpful, all] (2014) or "1,234" (2018)
WITH objects AS (
    SELECT line, raw, object(raw, '{"reviewerID": "VARCHAR", "asin": "VARCHAR", "overall": "VARCHAR",
        "unixReviewTime": "BIGINT", "summary": "VARCHAR", "reviewText": "VARCHAR", "vote": "VARCHAR",
        "helpful": "VARCHAR", "verified": "BOOLEAN"}') AS o
    FROM lines
), typed AS (
    SELECT line, raw, o, o.reviewerID AS user_id, o.asin AS item_id, try_cast(o.overall AS DOUBLE) AS rating,
        o.unixReviewTime AS number, cleaned(o.summary, suspicious := escapes(raw)) AS title,
        cleaned(o.reviewText, suspicious := escapes(raw)) AS text
    FROM objects
)
SELECT line, raw, user_id, item_id, rating, moment(number) AS ts,
    md5(concat_ws(' ', user_id, item_id, number, o.reviewText)) AS review_id, title, text,
    title IS NOT NULL OR text IS NOT NULL AS written,
    changed(o.summary, title) AS raw_title, changed(o.reviewText, text) AS raw_text,
    coalesce(counted(o.vote), try_cast(regexp_extract(o.helpful, '^\[\s*(\d+)', 1) AS INTEGER)) AS helpful_votes,
    o.verified,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(user_id, '') = '' THEN 'reviewerID: missing'
        WHEN coalesce(item_id, '') = '' THEN 'asin: missing'
        WHEN rating IS NULL THEN 'overall: not a number: ' || coalesce(o.overall, 'null')
        WHEN rating NOT BETWEEN getvariable('low') AND getvariable('high')
            THEN format('overall: {} is outside {} to {}', rating, getvariable('low'), getvariable('high'))
        WHEN moment(number) IS NULL THEN 'unixReviewTime: not a time: ' || coalesce(raw ->> 'unixReviewTime', 'null')
    END AS reason
FROM typed
