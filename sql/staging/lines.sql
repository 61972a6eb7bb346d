-- The lines of a text file, blank ones included as NULL: no delimiter that occurs, no quotes, one column.
CREATE OR REPLACE TEMP VIEW lines AS
SELECT NULL::BIGINT AS line, raw
FROM read_csv(getvariable('raw_path'), header = false, auto_detect = false, columns = {'raw': 'VARCHAR'},
              delim = chr(31) || chr(30), quote = '', escape = '', strict_mode = false, null_padding = true,
              encoding = getvariable('raw_encoding'), max_line_size = getvariable('raw_longest'), buffer_size = 4 * getvariable('raw_longest'),
              skip = getvariable('raw_skip'))
