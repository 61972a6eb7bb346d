"""100,800 spoilt lines in every format: none crashes the ingest, none is lost. Seeded, so that a failure repeats."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from assets.datasets import dataset
from assets.hashing import Hashes
from assets.ingest import movielens
from assets.ingest.loading import Loader
from assets.ingest.raw_file import RawFile
from assets.ingest.reading import BLANK
from assets.ingest.segments import Segments
from assets.warehouse import working

LINES = 2400
DAY = 1_588_687_728


def _json(**fields) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _amazon_2023(i: int) -> str:
    return _json(user_id=f"u{i}", parent_asin=f"A{i}", asin="a", rating=4.0, timestamp=DAY * 1000 + i, helpful_vote=2,
                 title="Good &amp; cheap", text=f"Works<br />well {i} café", verified_purchase=True)  # fmt: skip


def _amazon_2018(i: int) -> str:
    return _json(reviewerID=f"u{i}", asin=f"A{i}", overall=4.0, unixReviewTime=DAY + i, summary="Good", vote="1,234",
                 reviewText=f"Works well {i}", verified=True, helpful=[1, 2])  # fmt: skip


def _meta_2023(i: int) -> str:
    return _json(parent_asin=f"A{i}", title="It", description=["one"], price="$12.99", store="S",
                 categories=["Hair"], details={"a\nb": "c"}, images=[{"large": "x", "hi_res": None}])  # fmt: skip


def _meta_2018(i: int) -> str:
    return str(
        {"asin": f"A{i}", "title": "It's", "categories": [["Music", "Strings"]], "price": 9.5, "imUrl": "http://x"}
    )


def _business(i: int) -> str:
    return _json(business_id=f"b{i}", name="Café", categories="Food, Bars", city="Boston", latitude=1.5, is_open=1,
                 attributes={"WiFi": "u'free'", "Parking": "{'garage': False}"}, hours=None)  # fmt: skip


def _review(i: int) -> str:
    return _json(review_id=f"r{i}", user_id=f"u{i}", business_id="b", stars=4.0, useful=1, text=f"Fine {i}",
                 date="2016-01-02 03:04:05")  # fmt: skip


def _user(i: int) -> str:
    return _json(user_id=f"u{i}", yelping_since="2010-01-02 03:04:05", fans=3)


def _tip(i: int) -> str:
    return _json(user_id=f"u{i}", business_id="b", text=f"Try {i}", date="2010-01-02", likes=0)


def _checkin(i: int) -> str:
    days = {"date": "2016-04-26 19:49:16, 2016-08-30 18:36:57"} if i % 2 else {"checkin_info": {"9-5": 1}}
    return _json(business_id=f"b{i}", **days)


def _photo(i: int) -> str:
    return _json(photo_id=f"p{i}", business_id="b", caption="", label="food")


def _object(table: str, parse: str) -> RawFile:
    from pathlib import Path

    return RawFile(Path("file"), table, parse, reader="objects")


def _lines(name: str) -> RawFile:
    """As the dataset reads it, without the other files that it refers to."""
    from dataclasses import replace
    from pathlib import Path

    layout, file = name.split("/")
    required, shipped = movielens.LAYOUTS[layout](Path(layout))
    raw = next(raw for raw in (*required, *shipped) if raw.path.name == file)
    return replace(raw, path=Path("file"), references=())


FORMATS = {
    "amazon 2023 reviews": (_object("ratings", "amazon/reviews_2023"), _amazon_2023),
    "amazon 2018 reviews": (_object("ratings", "amazon/reviews_2018"), _amazon_2018),
    "amazon 2023 metadata": (_object("products", "amazon/meta_2023"), _meta_2023),
    "amazon 2014 metadata": (_object("products", "amazon/meta_2018"), _meta_2018),
    "yelp business": (_object("products", "yelp/business"), _business),
    "yelp review": (_object("ratings", "yelp/review"), _review),
    "yelp user": (_object("people", "yelp/user"), _user),
    "yelp tip": (_object("texts", "yelp/tip"), _tip),
    "yelp check-in": (_object("checkins", "yelp/checkin"), _checkin),
    "yelp photos": (_object("pictures", "yelp/photos"), _photo),
    "u.data": (_lines("ml-100k/u.data"), lambda i: f"{i}\t{i % 90}\t3\t{DAY}"),
    "u.item": (
        _lines("ml-100k/u.item"),
        lambda i: f"{i}|Café (1995)|01-Jan-1995||http://x|" + "|".join("01" * 9 + "0"),
    ),
    "users.dat": (_lines("ml-1m/users.dat"), lambda i: f"{i}::F::25::10::{10_000 + i}"),
    "links.csv": (_lines("ml-32m/links.csv"), lambda i: f"{i},{100_000 + i},{i}"),
}
PIECES = [
    *("null", "NaN", "1e999", "-1", "[]", "{}", '""', "\\u0000", "\\ud800", "\t", "\r", "\x00", "\x1f\x1e", "'", '"'),
    *("\\", "}", "{", "{'a': 1}", "&amp;", "<br>", "\u2028", "9" * 30, "true", ",", "::", "|", " ", "\ufeff", "12:00"),
]


def spoilt(kind: str, chance: random.Random, line: str) -> bytes:
    """A line with one to three faults."""
    text = line
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.choice([0, 1, 1, 5, 40]))
        text = chance.choice([
            text[:at] + chance.choice(PIECES) + text[to:],
            text[:at] + text[to:],
            text[:at] + text[at:to] * 3 + text[to:],
            text[:at],
            text + text,
        ])  # fmt: skip
    data = text.encode("utf-8", "surrogatepass")
    if kind == "bytes" and data:
        at = chance.randrange(len(data))
        data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    return data


def files(name: str) -> Iterator[tuple[str, bytes]]:
    """Three files of a format: spoilt text, spoilt text with CRLF here and there, spoilt bytes."""
    _, good = FORMATS[name]
    for kind in ("text", "ends", "bytes"):
        chance = random.Random(f"{name} {kind}")
        lines = [spoilt(kind, chance, good(i)) if chance.random() < 0.9 else good(i).encode() for i in range(LINES)]
        ends = [b"\r\n" if kind == "ends" and chance.random() < 0.5 else b"\n" for _ in lines]
        yield kind, b"".join(line + end for line, end in zip(lines, ends, strict=True))


@pytest.mark.parametrize("name", FORMATS)
def test_no_line_is_lost(tmp_path, name):
    raw, _ = FORMATS[name]
    for kind, data in files(name):
        (tmp_path / "file").write_bytes(data)
        with working() as connection, Hashes(tmp_path / "hashes.sqlite") as hashes:
            segments = Segments(tmp_path / kind)
            staged = Loader(connection, segments, dataset("ml-100k"), tmp_path, hashes).load(raw, print)
            taken = connection.execute(f"SELECT line FROM staging.{raw.table}").fetchall()
            rest = []
            for segment in staged.segments:
                if segment.exceptions:
                    path = segments.folder / segment.exceptions
                    query = "SELECT line FROM read_parquet(?) WHERE fate IN ('rejected', 'duplicate')"
                    rest += connection.execute(query, [str(path)]).fetchall()
            reasons = connection.execute(
                "SELECT count(*) FROM staging.rejects WHERE coalesce(reason, '') = ''"
            ).fetchall()
        assert len(taken) == staged.rows_loaded and len(rest) == staged.rows_rejected + staged.rows_duplicate
        assert staged.rows_read == staged.rows_loaded + staged.rows_rejected + staged.rows_duplicate
        said = {n for n, line in enumerate(data.split(b"\n"), 1) if line.strip(BLANK.encode())}
        said -= set(range(1, raw.skip + 1))
        assert {n for (n,) in taken + rest} == said
        assert reasons == [(0,)]
        assert staged.rows_loaded and staged.rows_rejected, "some lines are good, some are not"


@pytest.mark.parametrize("form", ["array", "pretty-printed"])
def test_spoilt_objects_that_span_lines_do_no_harm_beyond_themselves(tmp_path, form):
    raw, good = FORMATS["amazon 2023 reviews"]
    chance = random.Random(form)
    for round_ in range(20):
        objects = [json.dumps(json.loads(good(i)), indent=1) for i in range(30)]
        for i in chance.sample(range(1, 30), 5):
            objects[i] = spoilt("text", chance, objects[i]).decode("utf-8", "replace")
        text = "[\n" + ",\n".join(objects) + "\n]" if form == "array" else "\n".join(objects)
        (tmp_path / "file").write_text(text, newline="")
        with working() as connection, Hashes(tmp_path / "hashes.sqlite") as hashes:
            loader = Loader(connection, Segments(tmp_path / str(round_)), dataset("ml-100k"), tmp_path, hashes)
            staged = loader.load(raw, print)
        assert staged.rows_loaded + staged.rows_rejected + staged.rows_duplicate == staged.rows_read
        assert staged.rows_loaded >= 30 - 5 - 5, "a spoilt object costs at most itself and the next"
