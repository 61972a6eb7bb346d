"""A user's list, scored now, as if some modalities were missing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.home import Home
from assets.manifests import Manifest
from assets.matrices import load_catalog
from assets.recommendations import headline_cells
from models.registry import recommender as recommender_class

if TYPE_CHECKING:
    from models.fusion.multimodal import Multimodal


def recommended_without(
    home: Home, dataset: str, user: str, k: int, model: str | None, withheld: Collection[str]
) -> pd.DataFrame:
    """The first k of what the user did not rate: rank, item_id, title, score, score_with_all, missing, model.

    model: a fusion model, None: the best of them on validation. missing: the modalities that the score was made
    without, withheld or not there. Raises LookupError where the user or such a model is not there, ValueError for
    something that is no modality, or where nothing would be left to look at.
    """
    fitted, catalog = _fitted(home, dataset, model), load_catalog(home, dataset)
    at = pd.Index(catalog.users.user_id).get_indexer([user])[0]
    if at < 0:
        raise LookupError(f"{dataset} has no user {user!r}.")
    seen = catalog.interactions.items[catalog.interactions.users == at]
    items = np.setdiff1d(np.arange(fitted.n_items, dtype=np.int32), seen)
    users = np.full(len(items), at, np.int32)
    scored, whole = fitted.scored(users, items, withheld), fitted.scored(users, items).ratings
    best, flags = np.argsort(-scored.ratings, kind="stable")[:k], scored.flags()
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(best) + 1),
            "item_id": catalog.items.item_id.to_numpy()[items[best]],
            "title": catalog.items.title.to_numpy()[items[best]],
            "score": scored.ratings[best].astype(float),
            "score_with_all": whole[best].astype(float),
            "missing": [flags[row] for row in best],
            "model": fitted.name,
        }
    )


def _fitted(home: Home, dataset: str, model: str | None) -> Multimodal:
    from models.fusion.multimodal import Multimodal

    fusing: dict[str, Manifest] = {}
    for manifest in headline_cells(home, dataset):
        if issubclass(recommender_class(Cell.parse(manifest.partition).model), Multimodal):
            fusing[Cell.parse(manifest.partition).model] = manifest
    chosen = model or min(fusing, key=lambda name: fusing[name].metadata["valid_rmse"], default=None)
    if chosen not in fusing:
        able = ", ".join(fusing) or f"none; give `trifuse run {dataset} --models early-fusion`"
        what = f"{model} cannot score" if model else "nothing can score"
        raise LookupError(f"{dataset}: {what} without a modality. Trained fusion models, which can: {able}.")
    cell = Cell.parse(fusing[chosen].partition)
    return recommender_class(chosen).load(cell.folder(home), home.device)
