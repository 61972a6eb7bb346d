"""The assets that models are trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.home import Home
from assets.manifests import Manifests
from assets.sentiment.opinions import has_reviews
from assets.studies.changes import UNCHANGED, Change

if TYPE_CHECKING:
    from models.recommender import Recommender

TABLES = ("users", "items", "interactions")
OF_CLIPS = ("audio_embeddings", "video_embeddings")
REVIEWS = "reviews"
EMBEDDINGS = ("text_embeddings", "image_embeddings", *OF_CLIPS, "user_embeddings", "review_embeddings")


def inputs(model: type[Recommender], home: Home, name: str, change: Change = UNCHANGED) -> tuple[str, ...]:
    """The assets that a model is trained on, of this dataset. The words of reviews count where there are any."""
    told = (model.uses_sentiment or change.sentiment) and has_reviews(home, name)
    return (*TABLES, "folds", *(embeddings(home, name) if model.uses_content else ()), *((REVIEWS,) if told else ()))


def embeddings(home: Home, name: str) -> tuple[str, ...]:
    """The assets that hold a dataset's vectors. Those of clips count where there are any: elsewhere nothing reads them,
    and a model that was trained before there were clips is not to be trained again for nothing."""
    manifests = Manifests(home.path)
    made = {asset: manifests.current(asset, name) for asset in OF_CLIPS}
    return tuple(
        asset for asset in EMBEDDINGS if asset not in made or (made[asset] and made[asset].metadata.get("rows"))
    )
