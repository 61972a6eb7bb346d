-- One rating per (user, item): the latest, where a source has several.
SELECT r.dataset, r.user_id, r.item_id, r.rating, r.ts, r.review_id, o.item_id IS NOT NULL AS official_test
FROM staging.ratings r
LEFT JOIN staging.official_tests o
    ON o.dataset = r.dataset AND o.user_id = r.user_id AND o.item_id = r.item_id
QUALIFY row_number() OVER (PARTITION BY r.user_id, r.item_id ORDER BY r.ts DESC NULLS LAST, r.line DESC) = 1
ORDER BY try_cast(r.user_id AS BIGINT), r.user_id, try_cast(r.item_id AS BIGINT), r.item_id
