-- Every row that is not loaded, and why: blank, moved (read anew by Python into the next part), rejected, duplicate.
CREATE OR REPLACE TEMP TABLE exceptions AS
SELECT part, row, line,
    CASE WHEN fate = 'unreadable' AND part = getvariable('moved_part') THEN 'moved'
         WHEN fate = 'unreadable' THEN 'rejected' ELSE fate END AS fate,
    reason, raw
FROM parts WHERE fate IS NOT NULL
