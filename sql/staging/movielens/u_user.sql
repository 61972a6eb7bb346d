-- id | age in years | gender | occupation | ZIP code
WITH fields AS (SELECT line, raw, string_split(raw, '|') AS f FROM lines)
SELECT line, raw, f[1] AS user_id,
    json_object('age', try_cast(f[2] AS INTEGER), 'gender', f[3], 'occupation', f[4], 'zip', trim(f[5])) AS attributes,
    CASE
        WHEN len(f) <> 5 THEN 'expected 5 fields, found ' || len(f)
        WHEN try_cast(f[1] AS BIGINT) IS NULL THEN 'user id: not a number: ' || f[1]
        WHEN try_cast(f[2] AS INTEGER) IS NULL THEN 'age: not a number: ' || f[2]
    END AS reason
FROM fields
