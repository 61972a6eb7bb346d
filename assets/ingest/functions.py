"""Functions that SQL lacks, given to a DuckDB connection. Each sees only the rows that its caller's CASE lets by."""

from __future__ import annotations

import html
import json

import duckdb
import pyarrow as pa

from assets.ingest.decoding import as_json, literal


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """`unescaped(text)`: HTML entities decoded. `plain_values(json)`: an object whose strings held Python literals."""
    for function in (unescaped, plain_values):
        connection.create_function(function.__name__, _vectorized(function), ["VARCHAR"], "VARCHAR", type="arrow")


def _vectorized(function):
    def apply(column: pa.Array) -> pa.Array:
        return pa.array([None if text is None else function(text) for text in column.to_pylist()], pa.string())

    return apply


def unescaped(text: str) -> str:
    """`&amp;`, `&#34;` and all other entities as characters. NUL, which JSON and C strings dislike, is dropped."""
    return html.unescape(text).replace("\0", "")


def plain_values(text: str) -> str:
    """A JSON object whose string values may hold Python literals ("u'free'", "{'garage': False}"), as plain JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return as_json(text)
    return as_json({name: _plain(part) for name, part in value.items()} if isinstance(value, dict) else value)


def _plain(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return literal(value)
    except ValueError:
        return value
