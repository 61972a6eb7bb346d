"""Reads a raw file into the temporary table `lines(line, raw)`: text lines as they are, CSV records as JSON objects."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import duckdb
import pyarrow as pa

LONGEST_LINE_BYTES = 32_000_000


def read_lines(connection: duckdb.DuckDBPyConnection, path: Path, encoding: str = "utf-8", skip: int = 0) -> None:
    """Each line of a plain or gzipped text file, after `skip` header lines. Empty lines are left out."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE lines AS
        FROM (
            SELECT row_number() OVER () AS line, raw
            FROM read_csv($path, header = false, auto_detect = false, columns = {'raw': 'VARCHAR'},
                          delim = chr(31) || chr(30), quote = '', escape = '', strict_mode = false,
                          null_padding = true, encoding = $encoding, max_line_size = $longest)
        ) WHERE line > $skip AND trim(raw) <> ''
        """,
        {"path": str(path), "encoding": encoding, "skip": skip, "longest": LONGEST_LINE_BYTES},
    )


def read_records(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Each record of a CSV file with a header, quoted line breaks included, as a JSON object."""
    opener = gzip.open if path.suffix == ".gz" else open
    numbers: list[int] = []
    records: list[str] = []
    with opener(path, "rt", encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.DictReader(file, restkey="_more")
        for record in reader:
            numbers.append(reader.line_num)
            records.append(json.dumps(record))
    table = pa.table({"line": pa.array(numbers, pa.int64()), "raw": pa.array(records, pa.string())})
    connection.register("records_of_file", table)
    connection.execute("CREATE OR REPLACE TEMP TABLE lines AS FROM records_of_file")
    connection.unregister("records_of_file")
