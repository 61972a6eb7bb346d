"""sample-shop: Amazon Reviews 2023's two files for one category, with the products' pictures beside them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assets.samples import dirt, scenes
from assets.samples.drawing import Studio
from assets.samples.shop_words import FEATURES, NEUTRAL, REVIEW, SENTENCES, TITLES, USES
from assets.samples.tastes import Recipe, Tastes, stream
from assets.samples.writing import Writer, headline, opposite, review

RECIPE = Recipe(seed=1995, users=230, items=2000, ratings_per_user=60, start=1577836800)
"""Reviews run from 2020-01-01 on."""
ARTEFACTS = (
    "amazon/2023/Sample_Shop.jsonl.gz",
    "amazon/2023/meta_Sample_Shop.jsonl.gz",
    "amazon/2023/images/Sample_Shop",
)
"""What this sample owns under the root."""
SYMBOLS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))


def write(root: Path, tastes: Tastes) -> dict:
    """Writes all files under `root`; returns what was planted in them (see `truth.json`)."""
    folder = root / "amazon/2023"
    folder.mkdir(parents=True)
    items = _items(tastes)
    flipped = opposite(stream(RECIPE.seed, "mood"), tastes.ratings)
    reviews, odd = _reviews(tastes, items, flipped)
    good = [json.dumps(row, ensure_ascii=False) for row in reviews]
    lines, planted = dirt.plant(good, _dirty_reviews(), stream(RECIPE.seed, "dirt"))
    _gzip(folder / "Sample_Shop.jsonl.gz", lines)
    metas, meta_odd = _metas(tastes, items)
    _gzip(folder / "meta_Sample_Shop.jsonl.gz", [json.dumps(row, ensure_ascii=False) for row in metas])
    _pictures(folder / "images/Sample_Shop", items, tastes)
    return {
        "files": {
            ARTEFACTS[0]: {**dirt.clean(len(good)), **planted, "read": len(lines), "good_but_odd": odd},
            ARTEFACTS[1]: {**dirt.clean(len(metas)), "good_but_odd": meta_odd},
        },
        "pictures": {"good": len(items)},
        "opposite_sentiment": {"reviews": int(flipped.sum()), "share": float(flipped[tastes.ratings != 3].mean())},
    }


def _code(rng: np.random.Generator, length: int) -> str:
    return "".join(SYMBOLS[(rng.random(length) * len(SYMBOLS)).astype(int)])


def _items(tastes: Tastes) -> list[dict]:
    """asin, kind, title, features and description of each product; the kind is chance, the rest tells text topics."""
    rng, taken = stream(RECIPE.seed, "items"), set()
    writer = Writer(rng)
    items = []
    for number, shares in enumerate(tastes.item_topics["text"]):
        use = int(rng.choice(len(shares), p=shares))
        kind = scenes.KINDS[int(rng.random() * len(scenes.KINDS))]
        words = {**NEUTRAL, **USES[use], "kind": kind.capitalize()}
        # real asins are ten signs; the number makes each its own
        items.append({
            "asin": f"B0{number:04X}{_code(rng, 4)}",
            "kind": kind,
            "brand": (brand := writer.pick(NEUTRAL["brand"])),
            "title": writer.unique(lambda w={**words, "brand": brand}: writer.fill(writer.pick(TITLES), w), taken),
            "features": writer.described(shares, USES, FEATURES, 3),
            "description": writer.described(shares, USES, SENTENCES, 5),
            "category": USES[int(np.argmax(shares))]["category"],
        })  # fmt: skip
    return items


def _metas(tastes: Tastes, items: list[dict]) -> tuple[list[dict], dict]:
    """One metadata row per product, and how many carry each oddity that ingest has to read."""
    rng, writer = stream(RECIPE.seed, "meta"), Writer(stream(RECIPE.seed, "meta words"))
    counts = np.bincount(tastes.items, minlength=len(items))
    sums = np.bincount(tastes.items, weights=tastes.ratings, minlength=len(items))
    odd = {"price_as_text": 0, "price_missing": 0}
    rows = []
    for number, item in enumerate(items):
        price = round(float(np.exp(rng.normal(3.1, 0.5))), 2)
        chance = rng.random()
        odd["price_missing"] += chance < 0.1
        odd["price_as_text"] += 0.1 <= chance < 0.13
        shown = None if chance < 0.1 else f"${price:.2f}" if chance < 0.13 else price
        average = round(float(sums[number] / counts[number]), 1) if counts[number] else 0.0
        rows.append(_meta(item, average, int(counts[number]), shown, writer))
    return rows, {key: int(n) for key, n in odd.items()}


def _meta(item: dict, average: float, number: int, price: float | str | None, writer: Writer) -> dict:
    base = f"https://m.media-amazon.example/images/I/{item['asin']}"
    image = {
        "thumb": f"{base}._SS40_.jpg",
        "large": f"{base}._SL500_.jpg",
        "variant": "MAIN",
        "hi_res": f"{base}._SL1500_.jpg",
    }
    details = {
        "Brand": item["brand"],
        "Item Weight": f"{writer.pick('0.4|0.8|1.2|1.9|2.5')} pounds",
        "Is Discontinued": "No",
    }
    return {
        "main_category": "Amazon Home", "title": item["title"], "average_rating": average, "rating_number": number,
        "features": item["features"], "description": item["description"], "price": price,
        "images": [image], "videos": [], "store": item["brand"],
        "categories": ["Home & Kitchen", item["category"], f"{item['kind'].capitalize()}s"],
        "details": details, "parent_asin": item["asin"], "bought_together": None,
    }  # fmt: skip


def _reviews(tastes: Tastes, items: list[dict], flipped: np.ndarray) -> tuple[list[dict], dict]:
    """Review rows in user order, texts all different, and how many carry HTML that ingest has to clean."""
    rng, taken = stream(RECIPE.seed, "reviews"), set()
    writer = Writer(rng)
    users = [f"A{_code(rng, 23)}{u:04d}" for u in range(len(tastes.user_mean))]
    odd = {"line_break_tag": 0, "html_entity": 0}
    rows = []
    for u, i, stars, ts, flip in zip(
        tastes.users, tastes.items, tastes.ratings, tastes.timestamps, flipped, strict=True
    ):
        mood = 6 - int(stars) if flip else int(stars)
        words = {**REVIEW, "thing": items[i]["kind"]}
        text = writer.unique(lambda mood=mood, words=words: review(writer, mood, words), taken)
        text = _with_html(text, rng.random(), odd)
        helpful, verified = int(rng.exponential(1.2)), bool(rng.random() < 0.9)
        rows.append({
            "rating": float(stars), "title": headline(writer, mood), "text": text, "images": [],
            "asin": items[i]["asin"], "parent_asin": items[i]["asin"], "user_id": users[u],
            "timestamp": int(ts) * 1000 + int(rng.random() * 1000),
            "helpful_vote": helpful, "verified_purchase": verified,
        })  # fmt: skip
    return rows, odd


def _with_html(text: str, chance: float, odd: dict[str, int]) -> str:
    if chance < 0.06:
        odd["line_break_tag"] += 1
        return text.replace(". ", ".<br />", 1)
    if chance < 0.1:
        odd["html_entity"] += 1
        return f"{text} It&#39;s what it is &amp; no more."
    return text


def _dirty_reviews() -> list[dirt.Kind]:
    def changed(**fields: object) -> Callable[[str], str]:
        return lambda line: json.dumps({**json.loads(line), **fields}, ensure_ascii=False)

    return [
        dirt.Kind("truncated_json", lambda line: line[: len(line) * 3 // 5]),
        dirt.Kind("null_rating", changed(rating=None)),
        dirt.Kind("unknown_item", changed(asin="B0ZZZZZZZZ", parent_asin="B0ZZZZZZZZ")),
        dirt.Kind("duplicate", lambda line: line, duplicate=True),
    ]


def _pictures(folder: Path, items: list[dict], tastes: Tastes) -> None:
    rng = stream(RECIPE.seed, "pictures")
    studio = Studio(rng, 240)
    folder.mkdir(parents=True)
    for item, shares in zip(items, tastes.item_topics["image"], strict=True):
        scenes.product(studio, rng, shares, item["kind"]).save(folder / f"{item['asin']}.jpg", quality=80)


def _gzip(path: Path, lines: list[str]) -> None:
    """Lines as gzip with neither name nor time in its header, so that the bytes repeat."""
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=6) as file:
        file.write("".join(f"{line}\n" for line in lines).encode("utf-8"))
