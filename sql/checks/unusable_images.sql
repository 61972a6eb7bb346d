-- Pictures that cannot be used and do not say why.
SELECT item_id, image_id, status FROM images WHERE status <> 'found' AND coalesce(trim(reason), '') = ''
