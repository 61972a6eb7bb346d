"""Every record of a raw file is loaded, rejected with a reason, or a counted duplicate."""

from __future__ import annotations

import gzip
import json

import pytest

from assets.datasets import dataset
from assets.ingest import movielens

U_ITEM = "{}|Film {} (1995)|01-Jan-1995||http://x|" + "|".join(["0", "1"] + ["0"] * 17)


def ml_100k(root, ratings: bytes, test: bytes = b""):
    folder = root / "ml-100k"
    folder.mkdir(exist_ok=True)
    (folder / "u.item").write_bytes("\n".join(U_ITEM.format(i, "Caf\u00e9") for i in (1, 2)).encode("latin-1"))
    (folder / "u.user").write_text("1|24|M|technician|85711\n2|53|F|other|94043\n")
    (folder / "u.data").write_bytes(ratings)
    (folder / "u1.test").write_bytes(test)
    return root


def test_dirt_is_rejected_with_line_and_reason(ingest, tmp_path):
    lines = [
        "1\t1\t5\t881250949", "1\t2\t9\t881250949", "1\t2\t3", "1\t2\tx\t1", "3\t1\t4\t881250949", "2\t7\t4\t881250949",
        "1\t1\t4\t881250950", "2\t2\t4\tnever", "", "2\t1\t3\t881250949",
    ]  # fmt: skip
    staged = ingest("ml-100k", ml_100k(tmp_path, "\n".join(lines).encode()))
    assert staged.counts("ml-100k/u.data") == (9, 2, 6, 1)
    assert staged.reasons() == [
        (2, "rating: 9 is outside 1.0 to 5.0"),
        (3, "expected 4 fields, found 3"),
        (4, "rating: not a number: x"),
        (5, "user: not in the users file: 3"),
        (6, "film: not in the films file: 7"),
        (8, "timestamp: not a whole number: never"),
    ]
    assert staged.rows("SELECT raw FROM staging.rejects WHERE line = 5") == [("3\t1\t4\t881250949",)]


def test_latin_1_titles_genres_and_years(ingest, tmp_path):
    staged = ingest("ml-100k", ml_100k(tmp_path, b"1\t1\t5\t0"))
    rows = staged.rows("SELECT title, categories, year FROM staging.products")
    assert rows == [("Film Caf\u00e9 (1995)", ["Action"], 1995)] * 2
    assert staged.rows("SELECT ts FROM staging.ratings") == [(None,)], "0 seconds is no time"


def test_official_test_ratings_must_be_ratings(ingest, tmp_path):
    root = ml_100k(tmp_path, b"1\t1\t5\t881250949\n", b"1\t1\t5\t881250949\n2\t2\t1\t881250949\n")
    assert ingest("ml-100k", root).counts("ml-100k/u1.test") == (2, 1, 1, 0)


def test_a_missing_file_says_where_and_how_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"u\.item.*grouplens\.org.*TRIFUSE_RAW"):
        movielens.raw_files(dataset("ml-100k"), tmp_path)


def latest(root):
    folder = root / "ml-latest-small"
    folder.mkdir()
    (folder / "movies.csv").write_text(
        'movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n'
        '2,"Two\nlines (1999)",(no genres listed)\n'
        "x,No id,Drama\n"
    )
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,0.5,964982703\n1,2,4.7,-1\n")
    return folder


def test_csv_records_with_quotes_and_line_breaks(ingest, tmp_path):
    latest(tmp_path)
    staged = ingest("ml-latest-small", tmp_path)
    assert staged.counts("ml-latest-small/movies.csv") == (3, 2, 1, 0)
    assert staged.rows("SELECT title, categories FROM staging.products ORDER BY line") == [
        ("American President, The (1995)", ["Comedy", "Drama"]),
        ("Two\nlines (1999)", []),
    ]
    assert staged.counts("ml-latest-small/ratings.csv")[1] == 1
    assert (3, "timestamp: not a time: -1") in staged.reasons()


def test_links_tags_and_the_genome_are_read_where_they_are_shipped(ingest, tmp_path):
    folder = latest(tmp_path)
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n1,112346,9087\n2,0114709,\n3,1,1\n")
    (folder / "tags.csv").write_text('userId,movieId,tag,timestamp\n1,1,"witty, warm &amp; wise",5\n1,1,,5\n')
    (folder / "genome-tags.csv").write_text("tagId,tag\n1,007\n")
    (folder / "genome-scores.csv").write_text("movieId,tagId,relevance\n1,1,0.029\n1,2,1.5\n")
    staged = ingest("ml-latest-small", tmp_path)
    ids = "SELECT attributes ->> 'imdb_id', attributes ->> 'tmdb_id' FROM staging.texts WHERE kind = 'links'"
    assert staged.rows(f"{ids} ORDER BY line") == [("tt0112346", "9087"), ("tt0114709", None)]
    assert staged.rows("SELECT text FROM staging.texts WHERE kind = 'tag'") == [("witty, warm & wise",)]
    assert staged.rows("SELECT tag_id, relevance FROM staging.genome_scores") == [("1", 0.029)]
    assert staged.counts("ml-latest-small/links.csv") == (3, 2, 1, 0)
    assert staged.counts("ml-latest-small/genome-scores.csv") == (2, 1, 1, 0)


def review(**changes):
    row = {"user_id": "u", "parent_asin": "A", "asin": "a", "rating": 5.0, "timestamp": 1588687728923, "text": "x",
           "title": "t", "helpful_vote": 3, "verified_purchase": True}  # fmt: skip
    return json.dumps(row | changes)


def shop(root, lines, name="Sample_Shop.jsonl"):
    folder = root / "amazon" / "2023"
    folder.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if name.endswith("gz") else open
    with opener(folder / name, "wt", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines))
    return root


def test_amazon_reviews_gzipped_with_dirt(ingest, tmp_path):
    lines = [
        review(), review(), review(text="a &amp; b<br />c I <3 it", user_id="v"), review(rating=None), '{"rating": 5,',
        "[1, 2]", review(rating=11), review(parent_asin="", user_id="w"), review(timestamp="soon"),
        review(user_id="s", timestamp=1588687728, helpful_vote="1,234"),
    ]  # fmt: skip
    staged = ingest("sample-shop", shop(tmp_path, lines, "Sample_Shop.jsonl.gz"))
    assert staged.counts("amazon/2023/Sample_Shop.jsonl.gz") == (10, 4, 5, 1)
    assert [reason for _, reason in staged.reasons()] == [
        "rating: not a number: null", "not a JSON object", "not a JSON object", "rating: 11.0 is outside 1.0 to 5.0",
        "timestamp: not a time: soon",
    ]  # fmt: skip
    rows = staged.rows("SELECT text, item_id, year(ts), raw_text FROM staging.ratings ORDER BY line")
    assert rows[1:3] == [("a & b c I <3 it", "A", 2020, "a &amp; b<br />c I <3 it"), ("x", "a", 2020, None)]
    assert staged.rows("SELECT helpful_votes, year(ts) FROM staging.ratings WHERE user_id = 's'") == [(1234, 2020)]


def test_what_duckdb_cannot_read_as_json_python_does(ingest, tmp_path):
    lines = [
        review(user_id="a"),
        review(user_id="b").replace('"x"', '"tab\there"'),
        review(user_id="c") + review(user_id="d"),
        str(json.loads(review(user_id="e"))),
        review(user_id="f")[:-9],
        "\ufeff" + review(user_id="g"),
        review(user_id="h", text="half of a pair: \ud83d"),
    ]
    staged = ingest("sample-shop", shop(tmp_path, lines))
    assert staged.rows("SELECT line, user_id FROM staging.ratings ORDER BY line, user_id") == [
        (1, "a"), (2, "b"), (3, "c"), (3, "d"), (4, "e"), (6, "g"), (7, "h"),
    ]  # fmt: skip
    assert staged.counts("amazon/2023/Sample_Shop.jsonl") == (8, 7, 1, 0)
    assert staged.reasons() == [(5, "not a JSON object")]
    assert staged.rows("SELECT text FROM staging.ratings WHERE user_id = 'b'") == [("tab here",)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("form", ["array", "array on one line", "pretty-printed"])
def test_objects_that_span_lines(ingest, tmp_path, form, newline):
    objects = [json.loads(review(user_id=u, images=[{"large": "x"}])) for u in "abc"]
    text = {
        "array": json.dumps(objects, indent=2),
        "array on one line": json.dumps(objects),
        "pretty-printed": "\n".join(json.dumps(o, indent=2) for o in objects[:2]) + json.dumps(objects[2], indent=2),
    }[form]
    staged = ingest("sample-shop", shop(tmp_path, [text.replace("\n", newline)]))
    assert staged.rows("SELECT user_id FROM staging.ratings ORDER BY user_id") == [("a",), ("b",), ("c",)]
    begins = {"array": [2, 18, 34], "array on one line": [1, 1, 1], "pretty-printed": [1, 17, 32]}[form]
    assert [line for (line,) in staged.rows("SELECT line FROM staging.ratings ORDER BY line")] == begins


def test_a_broken_object_among_pretty_printed_ones_costs_only_itself(ingest, tmp_path):
    whole = [json.dumps(json.loads(review(user_id=u)), indent=1) for u in "abc"]
    broken = whole[1].replace('"asin": "a"', '"asin: "a"')
    staged = ingest("sample-shop", shop(tmp_path, [whole[0], broken, whole[2]]))
    assert staged.counts("amazon/2023/Sample_Shop.jsonl") == (3, 2, 1, 0)
    assert staged.reasons() == [(12, "not a JSON object")]


def test_bytes_that_are_not_utf_8_and_very_long_lines(ingest, tmp_path):
    root = shop(tmp_path, [review(user_id="a"), review(user_id="b", text="y" * 2_500_000)])
    path = root / "amazon" / "2023" / "Sample_Shop.jsonl"
    path.write_bytes(
        path.read_bytes() + b"\n" + review(user_id="c").encode().replace(b'"x"', b'"caf\xe9"') + b"\n\xff\n"
    )
    staged = ingest("sample-shop", root)
    assert staged.rows("SELECT user_id, length(text) FROM staging.ratings ORDER BY line") == [
        ("a", 1), ("b", 2_500_000), ("c", 4),
    ]  # fmt: skip
    assert staged.reasons() == [(4, "not a JSON object")]


def test_a_file_that_was_not_fetched_or_is_cut_off_is_named(ingest, tmp_path):
    root = shop(tmp_path, ["version https://git-lfs.github.com/spec/v1", "oid sha256:ab", "size 1"])
    with pytest.raises(ValueError, match=r"Sample_Shop\.jsonl cannot be read: .*Git LFS pointer.*git lfs pull"):
        ingest("sample-shop", root)
    (root / "amazon" / "2023" / "Sample_Shop.jsonl").unlink()
    path = shop(tmp_path, [review(user_id=str(i)) for i in range(500)], "Sample_Shop.jsonl.gz")
    path = path / "amazon" / "2023" / "Sample_Shop.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"Sample_Shop\.jsonl\.gz cannot be read"):
        ingest("sample-shop", root)


def test_lines_are_numbered_right_in_a_large_file_that_is_read_in_parallel(ingest, tmp_path):
    lines = [review(user_id=f"u{i}", text="word " * (i % 97)) if i % 1000 else f"bad {i}" for i in range(1, 120_001)]
    lines[499] = ""
    staged = ingest("sample-shop", shop(tmp_path, lines))
    assert staged.counts("amazon/2023/Sample_Shop.jsonl") == (119_999, 119_879, 120, 0)
    assert staged.rows("SELECT count(*) FROM staging.ratings WHERE user_id <> 'u' || line") == [(0,)]
    assert staged.rows("SELECT count(*) FROM staging.rejects WHERE raw <> 'bad ' || line") == [(0,)]


def test_line_numbers_hold_where_line_ends_are_mixed(ingest, tmp_path):
    root = shop(tmp_path, [""])
    path = root / "amazon" / "2023" / "Sample_Shop.jsonl"
    lines = [
        review(user_id="a") + "\n",
        review(user_id="b") + "\r\n",
        "\r\n",
        "junk\r\n",
        review(user_id="c\rd") + "\n",
    ]
    lines[4] = lines[4].replace("\\r", "\r")
    path.write_bytes("".join(lines).encode())
    staged = ingest("sample-shop", root)
    assert staged.rows("SELECT line, user_id FROM staging.ratings ORDER BY line") == [(1, "a"), (2, "b"), (5, "c\rd")]
    assert staged.reasons() == [(4, "not a JSON object")]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain", "plain"), ("", None), (" \t ", None), ("a\nb\r\n\r\nc", "a b c"),
        ("a\x0bb\x01\x08\x0c\x7fc", "a b c"), ("&amp; &amp;amp;", "& &amp;"),
        ("<br />", None), ("I <3 <b>it</b>, a<b and c>d", "I <3 it , a<b and c>d"), ("<!-- x -->y", "y"),
        ("&amp;lt; &lt;br&gt; &quot;x&#8217;s&quot; AT&T &#x1F600;", '&lt; "x’s" AT&T 😀'),
        ("caf\u00e9\u00a0\u00a0noir", "caf\u00e9 noir"), ('<a href="x">y</a>', "y"),
    ],
)  # fmt: skip
def test_texts_are_cleaned_for_models_and_kept_as_they_were(ingest, tmp_path, raw, clean):
    staged = ingest("sample-shop", shop(tmp_path, [review(text=raw, title="t")]))
    assert staged.rows("SELECT text, coalesce(raw_text, text) FROM staging.ratings") == [(clean, raw or None)]
