"""Reads a raw file as the relation `lines(line, raw)`, one row a line or record; DuckDB reads what it can by itself.

`line` is NULL where row n of the relation is line n + 1 of the file: numbering the rows while reading would bind
DuckDB to one thread, and the staged file keeps their order anyway.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.ingest.decoding import as_json, objects_of_line, objects_of_stream
from assets.warehouse import sql

LONGEST_LINE_BYTES = 2_000_000
"""Lines that DuckDB reads; its buffers grow with this. A file with a longer line is read by Python."""
LONGEST_RAW = 64_000_000
"""Bytes of a line after which the rest of it is left out, and the line is not an object any more."""
ROWS_AT_A_TIME = 20_000
BLANK = " \t\n\f\r"
"""What a line that says nothing consists of, as DuckDB's regular expressions see it."""
SAMPLE_BYTES = 1_000_000
LINES_TO_JUDGE_BY = 100

Row = tuple[int, str]
_SCHEMA = pa.schema([("line", pa.int64()), ("raw", pa.string())])


def read_lines(connection: duckdb.DuckDBPyConnection, path: Path, encoding: str = "utf-8", skip: int = 0) -> None:
    """Make `lines` of a plain or gzipped text file, without its `skip` header lines.

    Raises duckdb.Error where DuckDB cannot read it: bytes that are not of the encoding, or a line too long.
    """
    values = {"path": str(path), "encoding": encoding, "skip": skip, "longest": LONGEST_LINE_BYTES}
    for name, value in values.items():
        connection.execute(f"SET VARIABLE raw_{name} = $value", {"value": value})
    connection.execute(sql("staging/lines"))


def read_rows(connection: duckdb.DuckDBPyConnection, rows: Iterable[Row], kept: Path) -> None:
    """Make `lines` of rows that Python reads, by way of the Parquet file `kept`."""
    iterator = iter(rows)
    with pq.ParquetWriter(kept, _SCHEMA, compression="lz4") as writer:
        while batch := list(islice(iterator, ROWS_AT_A_TIME)):
            numbers, texts = zip(*batch, strict=True)
            writer.write_table(pa.table([pa.array(numbers, pa.int64()), pa.array(texts, pa.string())], schema=_SCHEMA))
    connection.execute("SET VARIABLE kept_rows = $path", {"path": str(kept)})
    connection.execute("CREATE OR REPLACE TEMP VIEW lines AS FROM read_parquet(getvariable('kept_rows'))")


def opened(path: Path) -> IO[bytes]:
    """A plain or gzipped file, told apart by content."""
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if gzipped else path.open("rb")


def spans_lines(path: Path) -> bool:
    """Whether a JSON file's objects span lines: it is an array, or most of its first lines begin no object.

    Raises ValueError for a Git LFS pointer, which stands for a file that was not fetched.
    """
    with opened(path) as file:
        sample = file.read(SAMPLE_BYTES).decode("utf-8", "replace").lstrip("\ufeff" + BLANK)
    lines = [line for line in sample.split("\n")[:LINES_TO_JUDGE_BY] if line.strip(BLANK)]
    if not lines:
        return False
    if lines[0].startswith("version https://git-lfs"):
        raise ValueError("it is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`")
    if lines[0].startswith("["):
        return _begins_array_of_objects(lines[0])
    return lines[0].startswith("{") and 2 * sum(line.startswith("{") for line in lines) < len(lines)


def _begins_array_of_objects(line: str) -> bool:
    try:
        value = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return True
    return bool(value) and isinstance(value, list) and all(isinstance(part, dict) for part in value)


def odd_newlines(path: Path) -> bool:
    """Whether carriage returns stand elsewhere than before every line feed; DuckDB would take each for a line's end."""
    # Most files have none, which is quick to see.
    return any(b"\r" in block for block in _blocks(path)) and _odd(path)


def _odd(path: Path) -> bool:
    feeds = returns = pairs = 0
    last = b""
    for block in _blocks(path):
        feeds, returns = feeds + block.count(b"\n"), returns + block.count(b"\r")
        pairs += block.count(b"\r\n") + (last == b"\r" and block.startswith(b"\n"))
        last = block[-1:]
    return not returns == feeds == pairs


def _blocks(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        while block := file.read(SAMPLE_BYTES):
            yield block


def python_lines(path: Path, encoding: str = "utf-8", skip: int = 0) -> Iterator[Row]:
    """Every line that is not blank; bytes that the encoding does not know become U+FFFD."""
    with opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_RAW):
            number += 1
            rest = line
            while not rest.endswith(b"\n") and (rest := file.readline(LONGEST_RAW)):
                pass
            text = line.decode(encoding, "replace").strip("\r\n")
            if number > skip and text.strip(BLANK):
                yield number, text


def python_objects(path: Path) -> Iterator[Row]:
    """Every object of a JSON file whose objects span lines, with the line on which it begins."""
    with opened(path) as file:
        yield from objects_of_stream(io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline=""))


def python_records(path: Path, encoding: str = "utf-8-sig") -> Iterator[Row]:
    """Each record of a CSV file with a header, quoted line breaks included, as a JSON object, with its last line."""
    csv.field_size_limit(LONGEST_RAW)
    with opened(path) as file:
        text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
        reader = csv.DictReader(text, restkey="_more")
        for record in reader:
            yield reader.line_num, as_json(record)


def rescued(rows: Iterable[Row]) -> Iterator[Row]:
    """The objects of lines that DuckDB could not read; a line that holds none comes back as it stands."""
    for line, raw in rows:
        for text in objects_of_line(raw):
            yield line, text
