-- A parsed file as it is kept: the columns of its table, the raw line's hash, and for what is not loaded the fate, the reason
-- and the raw line; unreadable lines are kept whole, as Python may yet read them.
SELECT {columns}, hash(raw) AS content, fate, CASE WHEN fate <> 'blank' THEN reason END AS reason,
    CASE WHEN fate = 'unreadable' THEN raw WHEN {kept} THEN left(raw, {longest}) END AS raw
FROM (
    SELECT *,
        CASE WHEN raw IS NULL OR raw < '!' AND NOT regexp_matches(raw, '\S') THEN 'blank'
             WHEN reason = '{unreadable}' THEN 'unreadable'
             WHEN reason IS NOT NULL THEN 'rejected' END AS fate
    FROM ({parse})
)
