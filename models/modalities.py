"""What each modality is made of, and features in which one is missing, shuffled or replaced by noise.

The modalities of the papers: `text` (titles, introductions, users' profiles, reviews), `image` (posters, photos),
`audio` and `video` (voice, songs, trailers; Yuldashov and Kutlimuratov 2023), `structure` (the fields of users and
items), and `sentiment` (how well reviews speak of an item; Alexander et al. 2024, section 3.3). Behaviour, the ratings
themselves, is not a feature. A vector named as a modality is of it, any other of text. Sentiment is told from texts
too, but stays where `text` is taken away.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.data import Features

SENTIMENT = "sentiment"
MODALITIES = ("text", "image", "audio", "video", "structure", SENTIMENT)
KNOCKED_OUT = ("no", "shuffled", "gaussian")
"""What can be done to a modality; `<how>-<modality>` names the variant."""


def modality_of(name: str) -> str:
    """The modality of a vector of this name: image, audio and video are their own, title, profile, ... are text."""
    return name if name in ("image", "audio", "video") else "text"


def is_image(name: str) -> bool:
    """Whether a vector of this name (image, introduction, title, profile, ...) is of pictures."""
    return modality_of(name) == "image"


def knocked_out(features: Features, how: str, modality: str, seed: int = 0) -> Features:
    """The features without a modality (`no`), with the items' and users' values dealt anew (`shuffled`), or with
    standard normal noise in their place (`gaussian`, not of fields). What is missing stays missing.

    Raises ValueError for an unknown way or modality, and where the dataset does not have it: then there is nothing to
    compare.
    """
    if how not in KNOCKED_OUT or modality not in MODALITIES:
        raise ValueError(f"no knock-out {how}-{modality}; ways: {', '.join(KNOCKED_OUT)}; of: {', '.join(MODALITIES)}")
    if modality not in present(features):
        raise ValueError(f"{how}-{modality}: the dataset has no {modality}")
    random = np.random.default_rng(seed)
    if modality == "structure":
        return _structure(features, how, random)
    if modality == SENTIMENT:
        return replace(features, sentiment=None if how == "no" else _spoilt(features.sentiment, how, random))

    def changed(vectors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        other = {name: table for name, table in vectors.items() if modality_of(name) != modality}
        if how == "no":
            return other
        # The dictionary's order is the order of the tokens, so it is kept.
        return {name: other[name] if name in other else _spoilt(table, how, random) for name, table in vectors.items()}

    items, users, reviews = changed(features.item_vectors), changed(features.user_vectors), features.reviews
    if modality == "text" and reviews is not None:
        reviews = None if how == "no" else _spoilt(reviews, how, random)
    return replace(features, item_vectors=items, user_vectors=users, reviews=reviews)


def without(features: Features, *modalities: str) -> Features:
    """The features less these modalities; those that the dataset does not have are passed over."""
    for modality in modalities:
        if modality in present(features):
            features = knocked_out(features, "no", modality)
    return features


def without_fields(features: Features, *names: str) -> Features:
    """The features less these structured fields of users and items."""
    users, items = (
        {name: field for name, field in fields.items() if name not in names}
        for fields in (features.user_fields, features.item_fields)
    )
    return replace(features, user_fields=users, item_fields=items)


def present(features: Features) -> tuple[str, ...]:
    """The modalities that the dataset has."""
    has = {modality_of(name) for name in (*features.item_vectors, *features.user_vectors)}
    if features.reviews is not None:
        has.add("text")
    if features.user_fields or features.item_fields:
        has.add("structure")
    if features.sentiment is not None:
        has.add(SENTIMENT)
    return tuple(modality for modality in MODALITIES if modality in has)


def _spoilt(table: np.ndarray, how: str, random: np.random.Generator) -> np.ndarray:
    there = np.flatnonzero(np.any(table != 0, axis=1))
    spoilt = np.zeros(table.shape, dtype=np.float32)
    if how == "shuffled":
        spoilt[there] = table[random.permutation(there)]
    else:
        spoilt[there] = random.normal(size=(len(there), table.shape[1]))
    return spoilt


def _structure(features: Features, how: str, random: np.random.Generator) -> Features:
    if how == "no":
        return replace(features, user_fields={}, item_fields={})
    if how == "gaussian":
        raise ValueError("gaussian-structure: fields are codes, for which there is no normal noise; use shuffled")

    def dealt(fields: dict) -> dict:
        return {name: replace(field, values=random.permutation(field.values)) for name, field in fields.items()}

    return replace(features, user_fields=dealt(features.user_fields), item_fields=dealt(features.item_fields))
