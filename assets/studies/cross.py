"""Whether a dataset and its partner can be trained on together."""

from __future__ import annotations

from assets.datasets import dataset, datasets
from assets.home import Home
from assets.inputs import TABLES, embeddings
from assets.manifests import Manifests
from assets.vectors.matrix import encoder_of

FIELDS = ("image", "title", "introduction", "audio", "video", "profile", "review")


def obstacle(home: Home, name: str) -> str | None:
    """Why the study cross-dataset cannot be made of a dataset, in a sentence that says what to do; None if it can."""
    about = dataset(name)
    if about.partner not in datasets():
        return f"datasets.toml names no partner of {name}, a dataset to train on besides."
    other, manifests = dataset(about.partner), Manifests(home.path)
    if other.rating_values != about.rating_values:
        return f"{name} and {other.name} have other scales of ratings."
    wanted = (*TABLES, *embeddings(home, other.name))
    lacking = [asset for asset in wanted if manifests.current(asset, other.name) is None]
    if lacking:
        return (
            f"The study cross-dataset of {name} trains on {other.name} as well, which has no {lacking[0]} yet: "
            f"give `trifuse run {other.name} --until embeddings` first."
        )
    for field in FIELDS:
        encoders = {encoder_of(home.embedding(one, field)) for one in (name, other.name)} - {""}
        if len(encoders) > 1:
            return (
                f"The {field} vectors of {name} and {other.name} are of different encoders, so that they say nothing "
                "of one another (tfidf-svd is fitted to each dataset): name a learned encoder by TRIFUSE_TEXT_ENCODER "
                "or TRIFUSE_IMAGE_ENCODER for both."
            )
    return None
