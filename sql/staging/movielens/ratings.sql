-- user, item, rating, epoch seconds; 0 seconds means that the time is not known
WITH fields AS (
    SELECT line, raw, string_split(raw, getvariable('separator')) AS f FROM lines
), typed AS (
    SELECT line, raw, len(f) AS n, trim(f[1]) AS user_id, trim(f[2]) AS item_id, try_cast(f[3] AS DOUBLE) AS rating,
           f[3] AS rating_text, try_cast(trim(f[4]) AS BIGINT) AS seconds, f[4] AS seconds_text
    FROM fields
)
SELECT line, raw, user_id, item_id, rating, moment(seconds) AS ts,
    CASE
        WHEN n <> 4 THEN 'expected 4 fields, found ' || n
        WHEN rating IS NULL THEN 'rating: not a number: ' || rating_text
        WHEN rating NOT BETWEEN getvariable('low') AND getvariable('high')
            THEN format('rating: {} is outside {} to {}', rating_text, getvariable('low'), getvariable('high'))
        WHEN seconds IS NULL THEN 'timestamp: not a whole number: ' || seconds_text
        WHEN seconds NOT BETWEEN 0 AND 4102444800 THEN 'timestamp: not a time: ' || seconds_text
    END AS reason
FROM typed
