"""A train fold and its features as named arrays, for models whose answers need them again after a restart."""

from __future__ import annotations

import hashlib

import numpy as np

from models.data import Features, Field, Interactions


def pack(train: Interactions, features: Features) -> dict[str, np.ndarray]:
    """Named arrays from which `unpack` rebuilds both; numbers in the names keep the fields' order."""
    arrays = {
        "train/users": train.users,
        "train/items": train.items,
        "train/ratings": train.ratings,
        "train/timestamps": train.timestamps,
        "shape": np.array([features.n_users, features.n_items]),
        "rating_values": np.array(features.rating_values, np.float64),
    }
    for side, fields in (("user", features.user_fields), ("item", features.item_fields)):
        for number, (name, one) in enumerate(fields.items()):
            arrays[f"{side}_field/{number:03}/{name}"] = one.values
            arrays[f"{side}_size/{number:03}/{name}"] = np.array([one.size])
    for side, vectors in (("item", features.item_vectors), ("user", features.user_vectors)):
        for number, (name, table) in enumerate(vectors.items()):
            arrays[f"{side}_vector/{number:03}/{name}"] = table
    if features.reviews is not None:
        arrays["train/reviews"] = features.reviews
    if features.sentiment is not None:
        arrays["train/sentiment"] = features.sentiment
    return arrays


def unpack(arrays: dict[str, np.ndarray]) -> tuple[Interactions, Features]:
    """What `pack` was given."""

    def named(kind: str) -> dict[str, np.ndarray]:
        return {k.split("/", 2)[2]: arrays[k] for k in sorted(arrays) if k.startswith(f"{kind}/")}

    def fields(side: str) -> dict[str, Field]:
        sizes = named(f"{side}_size")
        return {name: Field(values, int(sizes[name][0])) for name, values in named(f"{side}_field").items()}

    train = Interactions(*(arrays[f"train/{part}"] for part in ("users", "items", "ratings", "timestamps")))
    n_users, n_items = (int(n) for n in arrays["shape"])
    values = tuple(float(v) for v in arrays["rating_values"])
    vectors = named("item_vector"), named("user_vector")
    return train, Features(
        n_users, n_items, values, fields("user"), fields("item"), *vectors,
        arrays.get("train/reviews"), arrays.get("train/sentiment"),
    )  # fmt: skip


def digest(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and contents."""
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.dtype} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
    return total.hexdigest()
