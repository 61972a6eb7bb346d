-- What the parsing queries share. `object(raw, fields)`: the line's JSON object as a struct, NULL where it is none.
-- Not try(): one bad line would have the 2,047 others that are read with it read one by one.
CREATE OR REPLACE MACRO object(raw, fields) AS
    CASE WHEN starts_with(raw, '{') AND json_valid(raw) THEN json_transform(raw, fields) END;
-- HTML entities as characters. `unescaped` is html.unescape, in Python: the usual ones are replaced before, and only by
-- what cannot be part of another entity, so that none is decoded twice.
CREATE OR REPLACE MACRO usual_entities(raw) AS
    replace(replace(replace(replace(replace(replace(replace(raw, '&#34;', '"'), '&quot;', '"'), '&#39;', ''''),
        '&lt;', '<'), '&gt;', '>'), '&nbsp;', ' '), '&amp; ', '& ');
CREATE OR REPLACE MACRO decoded(raw) AS
    CASE WHEN NOT contains(raw, '&') THEN raw
         WHEN regexp_matches(usual_entities(raw), '&[A-Za-z#]') THEN unescaped(usual_entities(raw))
         ELSE usual_entities(raw) END;
-- Text that models read: entities decoded, tags gone, control characters and white space folded. Most texts need none
-- of it, and are not touched (two spaces in a row alone are no reason: no tokenizer sees them, and looking for them
-- takes longer than for all the rest); a CASE asks the next question only of the texts that are left.
-- `suspicious` is false where the text comes from a line of JSON without escapes of the rarer control characters.
CREATE OR REPLACE MACRO escapes(line) AS
    contains(line, chr(127))
    OR contains(line, '\') AND (contains(line, '\u00') OR contains(line, '\b') OR contains(line, '\f'));
CREATE OR REPLACE MACRO folded(raw) AS
    nullif(trim(regexp_replace(raw, '[\x00-\x1f\x7f\s\x{a0}]{2,}|[\x00-\x1f\x7f\x{a0}]', ' ', 'g')), '');
CREATE OR REPLACE MACRO without_tags(raw) AS
    regexp_replace(raw, '<!--[^>]*-->|</?[A-Za-z][A-Za-z0-9]*(\s+[^<>=]+=[^<>]*)?\s*/?>', ' ', 'g');
CREATE OR REPLACE MACRO cleaned(raw, suspicious := true) AS
    CASE WHEN contains(raw, '&') THEN folded(without_tags(decoded(raw)))
         WHEN contains(raw, '<') THEN folded(without_tags(raw))
         WHEN suspicious OR contains(raw, chr(10)) OR contains(raw, chr(9)) OR contains(raw, chr(13))
              OR contains(raw, chr(160)) OR starts_with(raw, ' ') OR ends_with(raw, ' ') THEN folded(raw)
         ELSE nullif(raw, '') END;
-- The raw value, where cleaning changed it.
CREATE OR REPLACE MACRO changed(raw, clean) AS CASE WHEN raw IS DISTINCT FROM clean THEN nullif(raw, '') END;
-- A title that scraping left as markup ("<span class=...", JavaScript) is none.
CREATE OR REPLACE MACRO title_of(raw) AS
    CASE WHEN NOT regexp_matches(coalesce(raw, ''), '^\s*(<\w+ [^>]*$|var aPageStart|function\s*\()') THEN cleaned(raw) END;
-- A price in dollars out of a number, "$12.99" or the low end of "$12.99 - $20.00"; NULL for CSS and other dirt.
CREATE OR REPLACE MACRO dollars(raw) AS
    try_cast(replace(nullif(regexp_extract(
        raw, '^\s*\$?\s*([0-9][0-9,]*(\.[0-9]+)?)\s*(-\s*\$?\s*[0-9][0-9,]*(\.[0-9]+)?)?\s*$', 1), ''), ',', '') AS DOUBLE);
-- A count out of "1,234".
CREATE OR REPLACE MACRO counted(raw) AS try_cast(replace(raw, ',', '') AS INTEGER);
-- Text of a JSON list of strings, or of one string; NULL where there is none.
CREATE OR REPLACE MACRO texts_of(raw) AS
    CASE WHEN starts_with(raw, '[') THEN try(json_transform(raw, '["VARCHAR"]')) ELSE [nullif(raw, '')] END;
CREATE OR REPLACE MACRO joined_text(raw) AS list_aggregate(texts_of(raw), 'string_agg', ' ');
-- When a whole number of seconds or milliseconds since 1970 is, from 1990 to 2100; NULL for anything else.
CREATE OR REPLACE MACRO moment(number) AS
    CASE WHEN number BETWEEN 631152000 AND 4102444800 THEN make_timestamp(number::BIGINT * 1000000)
         WHEN number BETWEEN 631152000000 AND 4102444800000 THEN make_timestamp(number::BIGINT * 1000) END;
-- Codes of the MovieLens READMEs.
CREATE OR REPLACE MACRO ml_100k_genres() AS
    ['unknown', 'Action', 'Adventure', 'Animation', 'Children''s', 'Comedy', 'Crime', 'Documentary', 'Drama', 'Fantasy',
     'Film-Noir', 'Horror', 'Musical', 'Mystery', 'Romance', 'Sci-Fi', 'Thriller', 'War', 'Western'];
CREATE OR REPLACE MACRO ml_1m_occupations() AS
    ['other', 'academic/educator', 'artist', 'clerical/admin', 'college/grad student', 'customer service',
     'doctor/health care', 'executive/managerial', 'farmer', 'homemaker', 'K-12 student', 'lawyer', 'programmer',
     'retired', 'sales/marketing', 'scientist', 'self-employed', 'technician/engineer', 'tradesman/craftsman',
     'unemployed', 'writer'];
