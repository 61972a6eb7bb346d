-- A text's key: the encoder, and the text's own SHA-256. Blank texts have nothing to encode.
SELECT id, sha256($encoder || sha256(text)) AS key, text, length(text) AS size
FROM ($source) WHERE regexp_matches(text, '\S')
