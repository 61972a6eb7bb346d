-- What is known of a user, in words: "age: 24, gender: M, occupation: technician, zip: 85711".
SELECT {'user_id': user_id} AS id,
    array_to_string(list_transform(list_sort(json_keys(attributes)),
                                   lambda name: name || ': ' || (attributes ->> ('$."' || name || '"'))), ', ') AS text
FROM users
