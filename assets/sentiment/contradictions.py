"""Reviews that contradict themselves: stars against words, and kind words against the picture of what they praise."""

from typing import TYPE_CHECKING

import dagster as dg
import numpy as np

from assets.datasets import dataset
from assets.files import atomic_file, read_json
from assets.home import Home
from assets.limits import GPU
from assets.partitions import BY_DATASET
from assets.sentiment.tables import CONTRADICTIONS, against_pictures, against_stars
from assets.steps import Output, Say, from_file, materialize

if TYPE_CHECKING:
    import pandas as pd

CODE_VERSION = "1"
EMBEDDINGS = ("image_embeddings", "review_embeddings")


@dg.asset(
    deps=["review_sentiment", *EMBEDDINGS],
    group_name="sentiment",
    partitions_def=BY_DATASET,
    kinds={"scikitlearn", "parquet"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def contradictions(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Reviews whose stars and words say opposite things, and praise of what a picture shows otherwise."""
    name = context.partition_key
    upstream = dict.fromkeys(("review_sentiment", *EMBEDDINGS), name)
    return materialize(context, home, upstream=upstream, compute=lambda say: found(home, name, say))


def found(home: Home, name: str, say: Say) -> Output:
    """Write the contradictions of a dataset."""
    import pandas as pd

    from assets.sentiment.reviews import written_reviews

    reviews, scored = written_reviews(home, name), pd.read_parquet(home.review_sentiment(name))
    both = scored.merge(reviews, on="review_id", how="inner")
    fits = fitting(home, name)
    told = float(fits.mean()) if len(fits) else None
    if told is not None:
        say(f"{name}: words suit their own picture more than {told:.0%} of other pictures; 50% is chance")
    scale, target = dataset(name).rating_values, home.contradictions(name)
    kinds = [
        against_stars(both, scale).astype(CONTRADICTIONS),
        against_pictures(both, fits, scale).astype(CONTRADICTIONS),
    ]
    rows = pd.concat(kinds, ignore_index=True)
    with atomic_file(target) as path:
        rows.to_parquet(path, index=False)
    return from_file(target, len(rows), mean_picture_fit=told, kinds=rows.kind.value_counts().to_dict())


def fitting(home: Home, name: str) -> "pd.Series":
    """How well each review suits its item's picture, by review_id; empty where no review or no item has a vector."""
    import pandas as pd

    from assets.vectors.matrix import encoder_of, item_vectors, owner_vectors
    from models.sentiment.picture_fit import picture_fit

    texts = owner_vectors(home, name, "review")
    if texts is None or not encoder_of(home.embedding(name, "image")):
        return pd.Series(dtype="float64")
    items = pd.read_parquet(home.table(name, "items"), columns=["item_id"])
    rows = pd.read_parquet(home.table(name, "interactions"), columns=["review_id", "item_id"])
    of = pd.Index(items.item_id).get_indexer(rows.item_id)
    fit = picture_fit(texts, np.asarray(item_vectors(home, name, "image")), of, one_space(home, name))
    return pd.Series(fit, pd.Index(rows.review_id, name="review_id")).dropna()


def one_space(home: Home, name: str) -> bool:
    """Whether reviews and pictures were encoded by the same weights: only two towers of one model encode both, and
    they map them into one space."""
    from assets.vectors.matrix import encoder_of
    from assets.vectors.store import ABOUT

    keys = [encoder_of(home.embedding(name, field))[:16] for field in ("review", "image")]
    text, image = (read_json(next(home.vectors.glob(f"*-{key}")) / ABOUT) for key in keys)
    return all(text[fact] == image[fact] for fact in ("name", "revision"))
