-- Contents that no shard has a vector of, each once.
SELECT DISTINCT ON (key) * EXCLUDE (id) FROM wanted ANTI JOIN known USING (key)
