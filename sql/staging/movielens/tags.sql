-- userId, movieId, tag, timestamp: short texts that users wrote
SELECT line, raw, raw ->> 'movieId' AS item_id, cleaned(raw ->> 'tag') AS text, 'tag' AS kind,
    json_object('user_id', raw ->> 'userId', 'seconds', try_cast(raw ->> 'timestamp' AS BIGINT)) AS attributes,
    CASE
        WHEN try_cast(raw ->> 'movieId' AS BIGINT) IS NULL
            THEN 'movieId: not a number: ' || coalesce(raw ->> 'movieId', 'missing')
        WHEN cleaned(raw ->> 'tag') IS NULL THEN 'tag: empty'
        WHEN try_cast(raw ->> 'timestamp' AS BIGINT) IS NULL
            THEN 'timestamp: not a whole number: ' || coalesce(raw ->> 'timestamp', 'missing')
    END AS reason
FROM lines
