"""Objects out of text that is not one JSON object a line: Python literals, objects run together, arrays over lines.

Nothing is evaluated: JSON is decoded leniently (control characters in strings are taken as they are), and what looks
like a Python dictionary goes through `ast.literal_eval`, which knows literals only.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

LONGEST_OBJECT = 16_000_000
"""Characters after which an object that does not end is given up."""
LONGEST_LITERAL = 1_000_000
"""Characters of the longest Python literal that is parsed; the parser takes some hundred bytes for each."""
CHUNK = 1_000_000

_DECODER = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_BETWEEN_IN_ARRAY = re.compile(r"[\s,\[\]\ufeff]*")
_NEXT_START = re.compile(r"\n\s*[,\[]?\s*(?=\{)")
_UNREADABLE = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def as_json(value: Any) -> str:
    """A value as one line of JSON; what JSON has no form for becomes text.

    Halves of surrogate pairs, which UTF-8 cannot hold, become question marks.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that are bytes, say
        text = json.dumps(str(value), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8")


def literal(text: str) -> Any:
    """The value of a Python literal ("u'free'", "{'garage': False}"). Raises ValueError where it is none."""
    if len(text) > LONGEST_LITERAL:
        raise ValueError("too long for a Python literal")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # backslashes that Python does not know
            return ast.literal_eval(text.strip())
    except _UNREADABLE as error:
        raise ValueError("not a Python literal") from error


def objects_of_line(text: str) -> Iterator[str]:
    """Every object of a line, as JSON. What cannot be read is given back as it stands, once, as the last one."""
    position = _BETWEEN.match(text).end()
    if position == len(text):
        yield text
    while position < len(text):
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield _literal_or_raw(text[position:])
            return
        yield as_json(value)
        position = _BETWEEN.match(text, end).end()


def _literal_or_raw(text: str) -> str:
    try:
        value = literal(text)
    except ValueError:
        return text
    return as_json(value) if isinstance(value, dict) else text


def objects_of_stream(file: TextIO) -> Iterator[tuple[int, str]]:
    """(line on which it begins, JSON) of every object of a file whose objects span lines, in an array or not.

    A broken object is given back as it stands, and reading goes on at the next line that begins one.
    """
    buffer, position, line, ended = "", 0, 1, False
    while True:
        start = _BETWEEN_IN_ARRAY.match(buffer, position).end()
        line, position = line + buffer.count("\n", position, start), start
        if position == len(buffer) and ended:
            return
        taken = _first(buffer, position, ended or len(buffer) - position > LONGEST_OBJECT)
        if taken is None:
            rest = buffer[position:]
            chunk = file.read(max(CHUNK, len(rest)))
            buffer, position, ended = rest + chunk, 0, not chunk
            continue
        text, end = taken
        yield line, text
        line, position = line + buffer.count("\n", position, end), end


def _first(buffer: str, position: int, whole: bool) -> tuple[str, int] | None:
    """The first object from `position` on and where it ends; None where more text is needed to tell."""
    try:
        value, end = _DECODER.raw_decode(buffer, position)
    except (ValueError, RecursionError):
        if not whole:
            return None
        following = _NEXT_START.search(buffer, position)
        end = following.end() if following else len(buffer)
        return buffer[position:end].strip(), end
    # A number or word at the buffer's end may go on in the next chunk.
    return None if end == len(buffer) and not whole and not isinstance(value, dict) else (as_json(value), end)
