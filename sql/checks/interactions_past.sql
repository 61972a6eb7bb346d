-- Interactions later than tomorrow; a day's grace for clocks and time zones.
SELECT user_id, item_id, ts FROM interactions WHERE ts > (now() AT TIME ZONE 'UTC') + INTERVAL 1 DAY
