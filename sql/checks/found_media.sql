-- Media files that are said to be found, but lack what is known of a found one.
SELECT item_id, media_id, kind, path, sha256, seconds, bytes
FROM media
WHERE status = 'found'
    AND (coalesce(kind, '') NOT IN ('audio', 'video') OR path IS NULL OR sha256 IS NULL OR coalesce(seconds, 0) <= 0
        OR coalesce(bytes, 0) = 0 OR reason IS NOT NULL)
