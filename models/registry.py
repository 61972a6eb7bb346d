"""Every recommender by name. A new model is one file and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.recommender import Recommender

RECOMMENDERS: dict[str, str] = {
    "global-mean": "models.baselines.global_mean:GlobalMean",
    "bias": "models.baselines.bias:Bias",
    "popularity": "models.baselines.popularity:Popularity",
    "item-cf": "models.baselines.item_cf:ItemCF",
    "user-cf": "models.baselines.user_cf:UserCF",
    "svd": "models.baselines.svd:BiasedMF",
    "svdpp": "models.baselines.svdpp:SVDPP",
    "ease": "models.baselines.ease:EASE",
    "ease-text": "models.baselines.ease_text:EASEText",
    "ials": "models.baselines.ials:ImplicitALS",
    "bpr": "models.baselines.bpr:BPR",
    "content": "models.baselines.content:Content",
    "bayes-fm": "models.baselines.bayes_fm:BayesianFM",
    "gmf": "models.baselines.gmf:GMF",
    "mlp": "models.baselines.mlp:MLP",
    "neumf": "models.baselines.neumf:NeuMF",
    "aljunid": "models.fusion.aljunid:Aljunid",
    "mu": "models.fusion.mu:Mu",
    "siet": "models.fusion.siet:Siet",
    "poster-transformer": "models.fusion.poster_transformer:PosterTransformer",
    "jiang": "models.fusion.jiang:Jiang",
    "choudhury": "models.fusion.choudhury:Choudhury",
    "bert-cnn-mlp": "models.fusion.bert_cnn_mlp:BertCnnMlp",
    "early-fusion": "models.fusion.early_fusion:EarlyFusion",
    "late-stack": "models.fusion.late_stack:LateStack",
    "hybrid-fusion": "models.fusion.hybrid_fusion:HybridFusion",
    "late-average": "models.fusion.late_average:LateAverage",
    "fusion-stack": "models.fusion.fusion_stack:FusionStack",
}


def recommender(name: str) -> type[Recommender]:
    """The class behind a model name. Raises ValueError where there is none."""
    return named(RECOMMENDERS, name, "model")


def named(registry: dict[str, str], name: str, what: str) -> type:
    """The class that a registry names as "module:Class"; imported only now, since some need torch."""
    if name not in registry:
        raise ValueError(f"no {what} {name!r}; there are: {', '.join(registry)}")
    module, _, cls = registry[name].partition(":")
    return getattr(import_module(module), cls)
