"""Every recommender by name. A new model is one file and one line here."""

from __future__ import annotations

from importlib import import_module

from models.recommender import Recommender

RECOMMENDERS: dict[str, str] = {
    "global-mean": "models.baselines.global_mean:GlobalMean",
    "bias": "models.baselines.bias:Bias",
    "popularity": "models.baselines.popularity:Popularity",
    "item-cf": "models.baselines.item_cf:ItemCF",
    "user-cf": "models.baselines.user_cf:UserCF",
    "svd": "models.baselines.svd:BiasedMF",
    "poster-transformer": "models.fusion.poster_transformer:PosterTransformer",
}


def recommender(name: str) -> type[Recommender]:
    """The class behind a model name; imported only now, since some need torch."""
    if name not in RECOMMENDERS:
        raise ValueError(f"no model {name!r}; there are: {', '.join(RECOMMENDERS)}")
    module, _, cls = RECOMMENDERS[name].partition(":")
    return getattr(import_module(module), cls)
