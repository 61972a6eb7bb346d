-- id :: gender :: age group :: occupation code :: ZIP code (ml-1m README)
WITH fields AS (SELECT line, raw, string_split(raw, '::') AS f FROM lines)
SELECT line, raw, f[1] AS user_id,
    json_object('age', try_cast(f[3] AS INTEGER), 'gender', f[2],
                'occupation', ml_1m_occupations()[try_cast(f[4] AS INTEGER) + 1], 'zip', trim(f[5])) AS attributes,
    CASE
        WHEN len(f) <> 5 THEN 'expected 5 fields, found ' || len(f)
        WHEN try_cast(f[1] AS BIGINT) IS NULL THEN 'user id: not a number: ' || f[1]
        WHEN try_cast(f[3] AS INTEGER) IS NULL THEN 'age: not a number: ' || f[3]
        WHEN try_cast(f[4] AS INTEGER) IS NULL OR try_cast(f[4] AS INTEGER) NOT BETWEEN 0 AND 20
            THEN 'occupation: not a code from 0 to 20: ' || f[4]
    END AS reason
FROM fields
