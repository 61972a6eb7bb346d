-- Share of users whose attributes, where given, are possible: the lists of the ml-100k and ml-1m READMEs.
WITH occupations(names) AS (
    SELECT ['administrator', 'artist', 'doctor', 'educator', 'engineer', 'entertainment', 'executive', 'healthcare',
            'homemaker', 'lawyer', 'librarian', 'marketing', 'none', 'other', 'programmer', 'retired', 'salesman',
            'scientist', 'student', 'technician', 'writer', 'academic/educator', 'clerical/admin',
            'college/grad student', 'customer service', 'doctor/health care', 'executive/managerial', 'farmer',
            'K-12 student', 'sales/marketing', 'self-employed', 'technician/engineer', 'tradesman/craftsman',
            'unemployed']
), given AS (
    SELECT try_cast(attributes ->> 'age' AS INTEGER) AS age, attributes ->> 'gender' AS gender,
        attributes ->> 'occupation' AS occupation
    FROM users WHERE attributes <> '{}'
)
SELECT avg((coalesce(age BETWEEN 1 AND 120, true) AND coalesce(gender IN ('F', 'M'), true)
            AND coalesce(list_contains(names, occupation), true))::INTEGER) AS share, count(*) AS with_attributes
FROM given, occupations
