"""The facts of a business besides its tips: categories, attributes, opening hours, branch numbers."""

from __future__ import annotations

import numpy as np

from assets.samples.place_words import VENUES

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def branch(rng: np.random.Generator) -> str:
    """Chains have branches: a number keeps names apart where the words run out."""
    return f" No. {2 + int(rng.random() * 60)}" if rng.random() < 0.3 else ""


def categories(rng: np.random.Generator, shares: np.ndarray) -> str:
    """Comma-joined categories, in random order; they tell the venue's text topics."""
    names = [
        name
        for k in np.flatnonzero(shares > 0.3)
        for name in VENUES[k]["categories"].split("|")[: 2 + int(rng.random() * 3)]
    ]
    return ", ".join(rng.permutation(["Restaurants", "Food"][: 1 + int(rng.random() * 2)] + names))


def attributes(rng: np.random.Generator) -> dict[str, str] | None:
    """Attribute values are strings that hold Python literals, as in the real file; a few places have none."""
    if rng.random() < 0.05:
        return None
    parking = {kind: bool(rng.random() < 0.3) for kind in ("garage", "street", "validated", "lot", "valet")}
    return {
        "RestaurantsPriceRange2": str(1 + int(rng.random() * 4)),
        "WiFi": ("u'free'", "u'no'", "'paid'")[int(rng.random() * 3)],
        "BusinessParking": str(parking),
        "OutdoorSeating": str(bool(rng.random() < 0.4)),
        "NoiseLevel": ("u'average'", "u'quiet'", "u'loud'")[int(rng.random() * 3)],
        "Alcohol": ("u'full_bar'", "'beer_and_wine'", "u'none'", "None")[int(rng.random() * 4)],
    }


def hours(rng: np.random.Generator) -> dict[str, str] | None:
    """Opening hours by day as Yelp writes them (`9:0-17:30`); one place in ten has none."""
    if rng.random() < 0.1:
        return None
    opens, closes = 7 + int(rng.random() * 5), 17 + int(rng.random() * 6)
    return {day: f"{opens}:0-{closes}:{0 if rng.random() < 0.5 else 30}" for day in DAYS if rng.random() < 0.93}
