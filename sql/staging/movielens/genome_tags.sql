-- tagId, tag
SELECT line, raw, raw ->> 'tagId' AS tag_id, cleaned(raw ->> 'tag') AS tag,
    CASE
        WHEN try_cast(raw ->> 'tagId' AS BIGINT) IS NULL THEN 'tagId: not a number: ' || coalesce(raw ->> 'tagId', 'missing')
        WHEN cleaned(raw ->> 'tag') IS NULL THEN 'tag: empty'
    END AS reason
FROM lines
