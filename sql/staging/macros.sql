-- What the parsing queries share. `object(raw)`: the line as a JSON object, NULL where it is none.
CREATE OR REPLACE TEMP MACRO object(raw) AS
    CASE WHEN json_type(try_cast(raw AS JSON)) = 'OBJECT' THEN try_cast(raw AS JSON) END;
-- Text that models read: entities decoded, tags gone, control characters and runs of white space folded.
CREATE OR REPLACE TEMP MACRO decoded(raw) AS
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(raw,
        '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#34;', '"'), '&#39;', ''''), '&#x27;', ''''),
        '&apos;', ''''), '&hellip;', '…'), '&amp;', '&');
CREATE OR REPLACE TEMP MACRO cleaned(raw) AS
    nullif(trim(regexp_replace(regexp_replace(regexp_replace(
        decoded(raw), '</?[A-Za-z!][^<>]{0,200}>', ' ', 'g'), '[\x00-\x1f\x7f]', ' ', 'g'), '\s+', ' ', 'g')), '');
-- A price in dollars out of a number or "$12.99"; NULL for CSS and other dirt.
CREATE OR REPLACE TEMP MACRO dollars(raw) AS
    try_cast(replace(nullif(regexp_extract(raw, '^\s*\$?\s*([0-9][0-9,]*(\.[0-9]+)?)\s*$', 1), ''), ',', '') AS DOUBLE);
