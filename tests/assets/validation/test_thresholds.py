"""Limits: one place, replaced by source and by dataset, and mistakes in the file are named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assets.datasets import dataset, datasets
from assets.validation.facts import FACTS
from assets.validation.thresholds import FILE, Limit, accepted, thresholds

VERSION = "0123456789abcdef0123"


def written(tmp_path: Path, old: str = "", new: str = "", more: str = "") -> Path:
    """A copy of the file with a change."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "thresholds.toml"
    path.write_text(text.replace(old, new, 1) + more, encoding="utf-8")
    return path


def test_every_dataset_has_all_limits_and_every_measured_fact_has_one():
    for about in datasets().values():
        limits = thresholds(about)
        assert all(isinstance(limits.limit(fact.name), Limit) for fact in FACTS if fact.measured)


def test_a_dataset_goes_before_its_source_and_that_before_the_default(tmp_path):
    day = '\nlow = 2001-02-03\nwhy = "So."\n'
    path = written(tmp_path, more=f"[datasets.sample-shop.rated_at]{day}")
    starts = {name: thresholds(dataset(name), path).rated_at.low for name in ("sample-shop", "sample-places")}
    assert starts == {"sample-shop": date(2001, 2, 3), "sample-places": date(2004, 10, 1)}
    assert thresholds(dataset("ml-100k"), path).price.high == 1_000_000


LIMIT = '\nat_most = 0.1\nwhy = "So."\n'
MISTAKES = [
    ({"more": f"[datasets.ml-1m.reject_rat]{LIMIT}"}, "datasets.ml-1m.reject_rat"),
    ({"more": f"[sources.amazon.reject_rat]{LIMIT}"}, "sources.amazon.reject_rat"),
    ({"more": f"[datasets.ml-2m.reject_rate]{LIMIT}"}, "datasets.ml-2m: unknown; there are: sample-movies"),
    ({"more": f"[sources.ebay.reject_rate]{LIMIT}"}, "sources.ebay: unknown; there are: movielens"),
    ({"more": '[datasets.ml-1m.reject_rate]\nat_most = "few"\nwhy = "So."\n'}, "datasets.ml-1m.reject_rate.at_most"),
    ({"more": "[datasets.ml-1m.reject_rate]\nat_most = 0.1\n"}, "datasets.ml-1m.reject_rate.why"),
    ({"more": '[datasets.ml-1m.reject_rate]\nwhy = "So."\n'}, "give either at_least or at_most"),
    ({"more": f"[datasets.ml-1m.reject_rate]\nat_least = 0.1{LIMIT}"}, "give either at_least or at_most"),
    ({"old": "[defaults.reject_rate]", "new": "[defaults.rejects]"}, "defaults.reject_rate: Field required"),
    ({"old": "accepted = {}", "new": 'accepted = {ml-2m = ["0123456789ab"]}'}, "accepted.ml-2m: unknown"),
    ({"old": "accepted = {}", "new": "reasons = {}"}, "reasons"),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES, ids=[message.split(":")[0] for _, message in MISTAKES])
def test_a_mistake_in_the_file_is_named(tmp_path, change, message):
    path = written(tmp_path, **change)
    with pytest.raises(ValueError, match=r"thresholds\.toml") as error:
        thresholds(dataset("ml-1m"), path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("listed", "expected"), [(VERSION, True), (VERSION[:16], True), ("0123456", False), ("9" * 16, False)]
)
def test_a_version_is_accepted_by_its_first_twelve_characters_at_least(tmp_path, listed, expected):
    path = written(tmp_path, "accepted = {}", f'accepted = {{ ml-1m = ["{listed}"] }}')
    assert accepted(dataset("ml-1m"), VERSION, path) == expected
    assert not accepted(dataset("ml-100k"), VERSION, path)
