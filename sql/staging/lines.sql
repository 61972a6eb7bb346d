-- The lines of a text file, blank ones included as NULL: no quotes, one column, and for a delimiter U+10FFFF, which
-- is no character and in no text.
CREATE OR REPLACE TEMP VIEW lines AS
SELECT NULL::BIGINT AS line, raw
FROM read_csv(getvariable('raw_path'), header = false, auto_detect = false, columns = {'raw': 'VARCHAR'},
              delim = chr(1114111), quote = '', escape = '', strict_mode = false, null_padding = true,
              encoding = getvariable('raw_encoding'), max_line_size = getvariable('raw_longest'), buffer_size = 4 * getvariable('raw_longest'),
              skip = getvariable('raw_skip'))
