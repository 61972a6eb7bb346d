"""sample-places: the Yelp Open Dataset's five files, photos.json and the photographs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assets.samples import dirt, place_facts, scenes
from assets.samples.drawing import Studio
from assets.samples.place_words import CITIES, NAMES, NEUTRAL, PEOPLE, REVIEW, TIPS, VENUES
from assets.samples.tastes import Recipe, Tastes, stream
from assets.samples.writing import Writer, opposite, review

RECIPE = Recipe(seed=2004, users=220, items=1700, ratings_per_user=58, start=1546300800)
"""Reviews run from 2019-01-01 on."""
PREFIX = "yelp/yelp_academic_dataset_"
ARTEFACTS = (
    *(f"{PREFIX}{part}.json" for part in ("business", "review", "user", "tip", "checkin")),
    "yelp/photos.json",
    "yelp/photos",
)
"""What this sample owns under the root."""
SYMBOLS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
BELL = "\u0007"
"""A control character, as pasted text carries it."""


def write(root: Path, tastes: Tastes) -> dict:
    """Writes all files under `root`; returns what was planted in them (see `truth.json`)."""
    (root / "yelp").mkdir(parents=True)
    rng = stream(RECIPE.seed, "ids")
    places = [code(rng) for _ in tastes.item_quality]
    users = [code(rng) for _ in tastes.user_mean]
    flipped = opposite(stream(RECIPE.seed, "mood"), tastes.ratings)
    reviews, odd = _reviews(tastes, places, users, flipped)
    files = {}
    plans = {
        "business": (_businesses(tastes, places), []),
        "review": (reviews, _dirty_reviews()),
        "user": (_users(tastes, users), []),
        "tip": (_tips(tastes, places, users), []),
        "checkin": (_checkins(tastes, places), []),
    }
    for part, (rows, kinds) in plans.items():
        files[f"{PREFIX}{part}.json"] = _write_lines(root / f"{PREFIX}{part}.json", rows, kinds, crlf=part == "tip")
    files[f"{PREFIX}review.json"]["good_but_odd"] = odd
    photos, unknown = _photos(root / "yelp/photos", tastes, places)
    files["yelp/photos.json"] = _write_lines(root / "yelp/photos.json", photos, [])
    files["yelp/photos.json"].update(good=len(photos) - unknown, rejected={"unknown_item": unknown})
    return {
        "files": files,
        "pictures": {"good": len(photos) - unknown, "unknown_item": unknown},
        "opposite_sentiment": {"reviews": int(flipped.sum()), "share": float(flipped[tastes.ratings != 3].mean())},
    }


def code(rng: np.random.Generator) -> str:
    """An id of 22 signs, as Yelp's."""
    return "".join(SYMBOLS[(rng.random(22) * len(SYMBOLS)).astype(int)])


def _write_lines(path: Path, rows: list[dict], kinds: list[dirt.Kind], crlf: bool = False) -> dict:
    good = [json.dumps(row, ensure_ascii=False) for row in rows]
    lines, planted = dirt.plant(good, kinds, stream(RECIPE.seed, path.name)) if kinds else (good, {})
    end = "\r\n" if crlf else "\n"
    path.write_bytes("".join(line + end for line in lines).encode("utf-8"))
    return {**dirt.clean(len(good)), **planted, "read": len(lines), "crlf": crlf}


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _businesses(tastes: Tastes, places: list[str]) -> list[dict]:
    rng, taken = stream(RECIPE.seed, "businesses"), set()
    writer = Writer(rng)
    counts = np.bincount(tastes.items, minlength=len(places))
    sums = np.bincount(tastes.items, weights=tastes.ratings, minlength=len(places))
    rows = []
    for place, shares, count, total in zip(places, tastes.item_topics["text"], counts, sums, strict=True):
        main = int(np.argmax(shares))
        city, state, postal, latitude, longitude = CITIES[int(rng.random() * len(CITIES))]
        words = {**NEUTRAL, **VENUES[main]}
        rows.append({
            "business_id": place,
            "name": writer.unique(lambda w=words: writer.fill(writer.pick(NAMES), w) + place_facts.branch(rng), taken),
            "address": f"{1 + int(rng.random() * 9800)} {writer.pick(NEUTRAL['street'])}", "city": city, "state": state,
            "postal_code": f"{postal}{int(rng.random() * 100):02d}",
            "latitude": round(latitude + rng.normal(0, 0.05), 7),
            "longitude": round(longitude + rng.normal(0, 0.05), 7),
            "stars": round(2 * total / count) / 2 if count else 3.0, "review_count": int(count),
            "is_open": int(rng.random() < 0.85), "attributes": place_facts.attributes(rng),
            "categories": place_facts.categories(rng, shares), "hours": place_facts.hours(rng),
        })  # fmt: skip
    return rows


def _reviews(tastes: Tastes, places: list[str], users: list[str], flipped: np.ndarray) -> tuple[list[dict], dict]:
    """Review rows, texts all different, and how many carry a control character."""
    rng, taken = stream(RECIPE.seed, "reviews"), set()
    writer, bells, rows = Writer(rng), 0, []
    for u, i, stars, ts, flip in zip(
        tastes.users, tastes.items, tastes.ratings, tastes.timestamps, flipped, strict=True
    ):
        mood = 6 - int(stars) if flip else int(stars)
        text = writer.unique(lambda mood=mood: review(writer, mood, REVIEW), taken)
        if rng.random() < 0.002:
            bells, text = bells + 1, text.replace(" ", f" {BELL}", 1)
        votes = [int(v) for v in rng.exponential(0.8, 3)]
        rows.append({
            "review_id": code(rng), "user_id": users[u], "business_id": places[i], "stars": float(stars),
            "useful": votes[0], "funny": votes[1], "cool": votes[2], "text": text, "date": _date(ts),
        })  # fmt: skip
    return rows, {"control_character": bells}


def _dirty_reviews() -> list[dirt.Kind]:
    def changed(**fields: object) -> Callable[[str], str]:
        return lambda line: json.dumps({**json.loads(line), **fields}, ensure_ascii=False)

    def new_id(line: str) -> str:
        return json.loads(line)["review_id"][::-1]

    return [
        dirt.Kind("not_json", lambda line: f"<<<<<<< review {new_id(line)}"),
        dirt.Kind(
            "unknown_item", lambda line: changed(review_id=new_id(line), business_id="no-such-place-anywhere")(line)
        ),
        dirt.Kind("null_rating", lambda line: changed(review_id=new_id(line), stars=None)(line)),
        dirt.Kind("duplicate_review_id", changed(useful=99), duplicate=True),
    ]


def _users(tastes: Tastes, users: list[str]) -> list[dict]:
    rng = stream(RECIPE.seed, "users")
    writer = Writer(rng)
    counts = np.bincount(tastes.users, minlength=len(users))
    sums = np.bincount(tastes.users, weights=tastes.ratings, minlength=len(users))
    compliments = ("hot", "more", "profile", "cute", "list", "note", "plain", "cool", "funny", "writer", "photos")
    rows = []
    for number, user in enumerate(users):
        friends = rng.choice(len(users), size=int(rng.random() * 6), replace=False)
        row = {"user_id": user, "name": writer.pick(PEOPLE), "review_count": int(counts[number])}
        row |= {"yelping_since": _date(RECIPE.start - rng.random() * 2e8), "useful": int(rng.exponential(30))}
        row |= {"funny": int(rng.exponential(10)), "cool": int(rng.exponential(15))}
        row |= {
            "elite": "2020,2021" if rng.random() < 0.1 else "",
            "friends": ", ".join(users[f] for f in friends) or "None",
        }
        row |= {"fans": int(rng.exponential(2)), "average_stars": round(float(sums[number] / counts[number]), 2)}
        rows.append(row | {f"compliment_{name}": int(rng.exponential(0.7)) for name in compliments})
    return rows


def _tips(tastes: Tastes, places: list[str], users: list[str]) -> list[dict]:
    """Five or six tips per place; they tell its text topics and nothing of anyone's opinion."""
    rng = stream(RECIPE.seed, "tips")
    writer, rows = Writer(rng), []
    for place, shares in zip(places, tastes.item_topics["text"], strict=True):
        for text in writer.described(shares, VENUES, TIPS, 5 + int(rng.random() * 2)):
            date = _date(RECIPE.start + rng.random() * RECIPE.days * 86400)
            user = users[int(rng.random() * len(users))]
            rows.append(
                {
                    "user_id": user,
                    "business_id": place,
                    "text": text,
                    "date": date,
                    "compliment_count": int(rng.random() < 0.05),
                }
            )
    return rows


def _checkins(tastes: Tastes, places: list[str]) -> list[dict]:
    """Check-ins around the reviews' own times; a place without reviews has no row."""
    rng = stream(RECIPE.seed, "checkins")
    order = np.argsort(tastes.items, kind="stable")
    groups = np.split(tastes.timestamps[order], np.cumsum(np.bincount(tastes.items, minlength=len(places)))[:-1])
    rows = []
    for place, times in zip(places, groups, strict=True):
        if len(times):
            dates = sorted(_date(t - rng.random() * 86400) for t in np.repeat(times, 2))
            rows.append({"business_id": place, "date": ", ".join(dates)})
    return rows


def _photos(folder: Path, tastes: Tastes, places: list[str]) -> tuple[list[dict], int]:
    """photos.json rows and the files: one or two a place, and a few of places that do not exist (their number)."""
    rng = stream(RECIPE.seed, "photos")
    studio, rows = Studio(rng, 240), []
    folder.mkdir(parents=True)
    shares = tastes.item_topics["image"]
    jobs = [(place, shares[i]) for i, place in enumerate(places) for _ in range(1 + int(rng.random() < 0.25))]
    unknown = max(1, round(dirt.SHARE * len(jobs)))
    jobs += [(code(rng), shares[k]) for k in range(unknown)]
    for place, wanted in jobs:
        chance = rng.random()
        label = "inside" if chance < 0.45 else "food" if chance < 0.75 else "drink" if chance < 0.9 else "outside"
        caption = (
            "" if rng.random() < 0.5 else f"Seen on our {('first', 'second', 'last')[int(rng.random() * 3)]} visit"
        )
        rows.append({"photo_id": code(rng), "business_id": place, "caption": caption, "label": label})
        scenes.photo(studio, rng, wanted, label).save(folder / f"{rows[-1]['photo_id']}.jpg", quality=78)
    return rows, unknown
