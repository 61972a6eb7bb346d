-- Yelp: one business a line, with the times of its check-ins (now) or their counts as "hour-weekday": n (before 2016)
WITH objects AS (
    SELECT line, raw, object(raw, '{"business_id": "VARCHAR", "date": "VARCHAR", "checkin_info": "JSON"}') AS o
    FROM lines
)
SELECT line, raw, o.business_id AS item_id,
    CASE WHEN o.checkin_info IS NOT NULL THEN list_sum(map_values(try(from_json(o.checkin_info, '"MAP(VARCHAR, BIGINT)"'))))
         ELSE len(list_filter(string_split(o.date, ','), lambda moment: trim(moment) <> '')) END AS visits,
    o.checkin_info AS hours,
    CASE
        WHEN o IS NULL THEN 'not a JSON object'
        WHEN coalesce(o.business_id, '') = '' THEN 'business_id: missing'
        WHEN visits IS NULL THEN 'date: missing, and no checkin_info with counts'
    END AS reason
FROM objects
