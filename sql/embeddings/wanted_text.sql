-- A text's key: the encoder, and the text's own SHA-256. Blank texts have nothing to encode. size: what encoding costs,
-- by which the time left is told: the characters, as far as an encoder reads, and something for every text.
SELECT id, sha256($encoder || sha256(text)) AS key, text, least(length(text), 2000) + 20 AS size
FROM ($source) WHERE regexp_matches(text, '\S')
