-- Share of interactions with a time.
SELECT count(ts) / nullif(count(*), 0) AS share, count(ts) AS with_time, count(*) AS interactions FROM interactions
