"""The sample datasets: official layouts, repeatable bytes, planted dirt, readable topics."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assets.samples import NAMES, generate, movies, places, shop
from assets.samples.tastes import sample

SCALE = 0.2
RECIPES = {"sample-movies": movies.RECIPE, "sample-shop": shop.RECIPE, "sample-places": places.RECIPE}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    for name in NAMES:
        generate(name, folder, scale=SCALE)
    return folder


def truth(root: Path, name: str) -> dict:
    return json.loads((root / f"{name}.truth.json").read_text(encoding="utf-8"))


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def json_lines(path: Path) -> list[dict | None]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = []
    for line in raw.decode("utf-8").split("\n")[:-1]:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            rows.append(None)
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_two_generations_are_equal_byte_for_byte(name, tmp_path):
    for side in ("a", "b"):
        generate(name, tmp_path / side, scale=0.02)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert not list((tmp_path / "a").glob(".*")), "staging folders and claims are cleared away"


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_names_the_oracle_error_of_every_subset(root, name):
    rmse = truth(root, name)["oracle_rmse"]
    assert len(rmse) == 8 and rmse["text+image+behaviour"] == min(rmse.values()) and rmse["none"] == max(rmse.values())


def test_a_finished_sample_is_left_alone_and_a_broken_one_is_made_again(tmp_path):
    generate("sample-shop", tmp_path, scale=0.02)
    reviews = tmp_path / "amazon/2023/Sample_Shop.jsonl.gz"
    before = reviews.stat().st_mtime_ns
    generate("sample-shop", tmp_path, scale=0.02)
    assert reviews.stat().st_mtime_ns == before
    reviews.unlink()
    generate("sample-shop", tmp_path, scale=0.02)
    assert reviews.is_file()


def test_real_files_are_never_overwritten(tmp_path):
    (tmp_path / "movielens/posters").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="not part of sample-movies"):
        generate("sample-movies", tmp_path, scale=0.02)


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(KeyError, match="sample-movies"):
        generate("sample-books", tmp_path)
    with pytest.raises(ValueError, match="scale"):
        generate("sample-shop", tmp_path, scale=0)


def test_movies_hold_the_planted_lines_and_no_others(root):
    planted = truth(root, "sample-movies")["files"]["sample-movies/ratings.dat"]
    folder = root / "sample-movies"
    users = {line.split("::")[0] for line in (folder / "users.dat").read_text("latin-1").splitlines()}
    films = {line.split("::")[0] for line in (folder / "movies.dat").read_text("latin-1").splitlines()}
    lines = (folder / "ratings.dat").read_text("latin-1").splitlines()
    found, good, seen = Counter(), 0, set()
    for line in lines:
        parts = line.split("::")
        if len(parts) != 4:
            found["too_few_fields"] += 1
        elif parts[0] not in users:
            found["unknown_user"] += 1
        elif parts[1] not in films:
            found["unknown_item"] += 1
        elif parts[2] not in "12345":
            found["rating_out_of_range"] += 1
        elif not parts[3].isdigit():
            found["bad_timestamp"] += 1
        elif line in seen:
            found["duplicate"] += 1
        else:
            good += 1
        seen.add(line)
    assert len(lines) == planted["read"]
    assert good == planted["good"]
    assert found == Counter(planted["rejected"]) + Counter(duplicate=planted["duplicate"])
    assert min(found.values()) >= 1 and set(found) == {*planted["rejected"], "duplicate"}


def test_movies_follow_the_layout_of_movielens(root):
    films = (root / "sample-movies/movies.dat").read_text("latin-1").splitlines()
    assert all(re.fullmatch(r"\d+::.+ \(\d{4}\)::[A-Z][\w'|-]+", line) for line in films)
    with pytest.raises(UnicodeDecodeError):
        (root / "sample-movies/movies.dat").read_bytes().decode("utf-8")
    users = (root / "sample-movies/users.dat").read_text("latin-1").splitlines()
    assert all(re.fullmatch(r"\d+::[MF]::(1|18|25|35|45|50|56)::([0-9]|1[0-9]|20)::\d{5}", line) for line in users)
    with (root / "movielens/movie_texts.csv").open(encoding="utf-8", newline="") as file:
        texts = list(csv.DictReader(file))
    assert list(texts[0]) == ["dataset", "movie_id", "title", "year", "imdb_id", "tmdb_id", "overview"]
    assert [t["movie_id"] + "::" + t["title"] for t in texts] == [line.rsplit("::", 1)[0] for line in films]


def test_movie_posters_are_pictures_but_for_the_planted_ones(root):
    pictures = truth(root, "sample-movies")["pictures"]
    with (root / "movielens/posters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    bad = {"html_error_page": [], "missing_file": []}
    for row in rows:
        path = root / "movielens" / row["file"]
        if not path.exists():
            bad["missing_file"].append(int(row["movie_id"]))
        elif path.read_bytes().startswith(b"<!DOCTYPE"):
            bad["html_error_page"].append(int(row["movie_id"]))
        else:
            assert Image.open(path).size == (120, 180)
    assert bad == {kind: pictures[kind] for kind in bad} and all(bad.values())
    assert pictures["good"] == len(rows) - sum(map(len, bad.values()))


def test_shop_holds_the_planted_lines_and_no_others(root):
    files = truth(root, "sample-shop")["files"]
    metas = json_lines(root / "amazon/2023/meta_Sample_Shop.jsonl.gz")
    known = {row["parent_asin"] for row in metas}
    prices = Counter(type(row["price"]).__name__ for row in metas)
    odd = files["amazon/2023/meta_Sample_Shop.jsonl.gz"]["good_but_odd"]
    assert (prices["str"], prices["NoneType"]) == (odd["price_as_text"], odd["price_missing"]) and prices["str"] > 0
    assert all((root / f"amazon/2023/images/Sample_Shop/{asin}.jpg").is_file() for asin in known)
    rows = json_lines(root / "amazon/2023/Sample_Shop.jsonl.gz")
    found, good, seen = Counter(), [], set()
    for row in rows:
        line = json.dumps(row)
        if row is None:
            found["truncated_json"] += 1
        elif row["rating"] is None:
            found["null_rating"] += 1
        elif row["parent_asin"] not in known:
            found["unknown_item"] += 1
        elif line in seen:
            found["duplicate"] += 1
        else:
            good.append(row)
        seen.add(line)
    planted = files["amazon/2023/Sample_Shop.jsonl.gz"]
    assert (len(rows), len(good)) == (planted["read"], planted["good"])
    assert found == Counter(planted["rejected"]) + Counter(duplicate=planted["duplicate"]) and len(found) == 4
    assert sum("<br />" in row["text"] for row in good) == planted["good_but_odd"]["line_break_tag"] > 0
    assert len({re.sub(r"\W+", " ", row["text"].lower()) for row in good}) == len(good), "no text twice"


def test_places_hold_the_planted_lines_and_no_others(root):
    files = truth(root, "sample-places")["files"]
    known = {row["business_id"] for row in json_lines(root / "yelp/yelp_academic_dataset_business.json")}
    rows = json_lines(root / "yelp/yelp_academic_dataset_review.json")
    found, good, seen = Counter(), [], set()
    for row in rows:
        if row is None:
            found["not_json"] += 1
        elif row["stars"] is None:
            found["null_rating"] += 1
        elif row["business_id"] not in known:
            found["unknown_item"] += 1
        elif row["review_id"] in seen:
            found["duplicate"] += 1
        else:
            good.append(row)
            seen.add(row["review_id"])
    planted = files["yelp/yelp_academic_dataset_review.json"]
    assert (len(rows), len(good)) == (planted["read"], planted["good"])
    assert found == Counter(planted["rejected"]) + Counter(duplicate=planted["duplicate"]) and len(found) == 4
    assert len({row["text"] for row in good}) == len(good), "no text twice"


def test_places_follow_the_layout_of_yelp(root):
    business = json_lines(root / "yelp/yelp_academic_dataset_business.json")
    assert {"business_id", "name", "city", "attributes", "categories", "hours", "stars"} <= set(business[0])
    assert any((row["attributes"] or {}).get("WiFi") == "u'free'" for row in business)
    tips = (root / "yelp/yelp_academic_dataset_tip.json").read_bytes()
    assert tips.count(b"\r\n") == tips.count(b"\n") > 0
    users = {row["user_id"] for row in json_lines(root / "yelp/yelp_academic_dataset_user.json")}
    assert {json.loads(line)["user_id"] for line in tips.splitlines()} <= users
    photos = json_lines(root / "yelp/photos.json")
    assert all((root / f"yelp/photos/{row['photo_id']}.jpg").is_file() for row in photos)
    strangers = {row["business_id"] for row in photos} - {row["business_id"] for row in business}
    assert len(strangers) == truth(root, "sample-places")["pictures"]["unknown_item"] >= 1


@pytest.mark.parametrize("name", ["sample-shop", "sample-places"])
def test_review_texts_disagree_with_their_stars_at_the_known_share(root, name):
    path = {"sample-shop": "amazon/2023/Sample_Shop.jsonl.gz", "sample-places": f"{places.PREFIX}review.json"}[name]
    glad = re.compile(
        r"fantastic|superb|outstanding|wonderful|perfect|excellent|gorgeous|amazing|brilliant|happier", re.I
    )
    sad = re.compile(r"terrible|awful|horrible|dreadful|disgusting|appalling|useless|miserable", re.I)
    rows = [row for row in json_lines(root / path) if row and row.get("rating", row.get("stars")) in (1.0, 5.0)]
    told = [
        (row.get("rating", row.get("stars")), bool(glad.search(row["text"])), bool(sad.search(row["text"])))
        for row in rows
    ]
    clear = [(stars == 5.0) != is_glad for stars, is_glad, is_sad in told if is_glad != is_sad]
    share = truth(root, name)["opposite_sentiment"]["share"]
    assert share == pytest.approx(0.08, abs=0.002)
    assert np.mean(clear) == pytest.approx(share, abs=0.03)


def ridge_r2(features: np.ndarray, topics: np.ndarray) -> float:
    """Held-out R2 of a ridge regression, all topics together; every third row is held out."""
    held = np.arange(len(features)) % 3 == 0
    x = np.hstack([features / features[~held].std(axis=0).clip(1e-6), np.ones((len(features), 1))])
    weights = np.linalg.solve(x[~held].T @ x[~held] + np.eye(x.shape[1]), x[~held].T @ topics[~held])
    error = topics[held] - x[held] @ weights
    return 1 - (error**2).sum() / ((topics[held] - topics[~held].mean(axis=0)) ** 2).sum()


def picture_features(path: Path) -> np.ndarray:
    """Colour histogram (64) and gradient orientations (9): what any classical image encoder sees."""
    pixels = np.asarray(Image.open(path).convert("RGB").resize((64, 64)), dtype=float)
    codes = (pixels // 64).astype(int) @ np.array([16, 4, 1])
    dy, dx = np.gradient(pixels.mean(axis=2))
    bins = (np.mod(np.arctan2(dy, dx), np.pi) / np.pi * 8.999).astype(int)
    turns = np.bincount(bins.ravel(), weights=np.hypot(dx, dy).ravel(), minlength=9)
    return np.concatenate([np.bincount(codes.ravel(), minlength=64) / codes.size, turns / turns.sum()])


def word_features(texts: list[str]) -> np.ndarray:
    """TF-IDF reduced to 32 dimensions, rows of unit length before the reduction."""
    words = [re.findall(r"[a-z]{3,}", text.lower()) for text in texts]
    known = {word: k for k, word in enumerate(sorted({w for row in words for w in row}))}
    counts = np.zeros((len(texts), len(known)))
    for number, row in enumerate(words):
        np.add.at(counts[number], [known[w] for w in row], 1)
    tfidf = counts * np.log(len(texts) / (counts > 0).sum(axis=0))
    tfidf /= np.linalg.norm(tfidf, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(tfidf @ tfidf.T)
    return vectors[:, -32:] * np.sqrt(values[-32:])


def contents(root: Path, name: str) -> tuple[list[str], list[Path]]:
    """Texts and first pictures of all items, in item order."""
    if name == "sample-movies":
        with (root / "movielens/movie_texts.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [r["overview"] for r in rows], [root / f"movielens/posters/{r['movie_id']}.jpg" for r in rows]
    if name == "sample-shop":
        rows = json_lines(root / "amazon/2023/meta_Sample_Shop.jsonl.gz")
        texts = [" ".join([r["title"], *r["features"], *r["description"]]) for r in rows]
        return texts, [root / f"amazon/2023/images/Sample_Shop/{r['parent_asin']}.jpg" for r in rows]
    rows = json_lines(root / "yelp/yelp_academic_dataset_business.json")
    tips, photos = {}, {}
    for tip in json_lines(root / "yelp/yelp_academic_dataset_tip.json"):
        tips[tip["business_id"]] = tips.get(tip["business_id"], "") + " " + tip["text"]
    for photo in json_lines(root / "yelp/photos.json"):
        photos.setdefault(photo["business_id"], root / f"yelp/photos/{photo['photo_id']}.jpg")
    ids = [r["business_id"] for r in rows]
    return [r["name"] + " " + r["categories"] + tips[r["business_id"]] for r in rows], [photos[i] for i in ids]


@pytest.mark.parametrize("name", NAMES)
def test_texts_show_the_text_topics_and_pictures_the_image_topics_and_nothing_else(root, name):
    topics = sample(RECIPES[name], SCALE).item_topics
    texts, paths = contents(root, name)
    bad = truth(root, name)["pictures"].get("html_error_page", [])
    seen = [k for k, path in enumerate(paths) if path.exists() and path.stem not in map(str, bad)]
    words, pixels = word_features(texts), np.array([picture_features(paths[k]) for k in seen])
    assert ridge_r2(words, topics["text"]) > 0.9
    assert ridge_r2(pixels, topics["image"][seen]) > 0.9
    assert ridge_r2(words, topics["image"]) < 0.1
    assert ridge_r2(pixels, topics["text"][seen]) < 0.1
