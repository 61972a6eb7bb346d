-- The key of a picture, sound or film: the encoder, and the SHA-256 of the file's bytes. What was fetched lies below the landing folder.
SELECT id, sha256($encoder || sha256) AS key, sha256, if(fetched, $landing, $raw) || '/' || path AS path, bytes AS size
FROM ($source)
