"""A user's taste and mood by period: what was rated and written, and how far taste moved since the period before."""

from dataclasses import replace
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np

from assets.datasets import Dataset, dataset
from assets.files import atomic_file
from assets.home import Home
from assets.inputs import EMBEDDINGS
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, from_file, materialize

if TYPE_CHECKING:
    import pandas as pd

    from models.data import Features

CODE_VERSION = "1"
UNITS = {"year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D"}
FEWEST_PERIODS = 4
"""The unit is the coarsest that divides the middle nine tenths of the ratings into this many periods."""
FEWEST = 5
"""Ratings without which a period tells nothing of a user; who has fewer than two such periods is left out."""
MOST_USERS = 2000
"""Users at most, those with the most ratings, so that the table stays small."""
LEANINGS = 2
"""Categories named for a period: those whose share in what was liked stands furthest above their share in all."""
COLUMNS = {
    "dataset": "string", "user_id": "string", "period": "datetime64[us]", "unit": "string", "modality": "string",
    "interactions": "int64", "liked": "int64", "mean_rating": "float64", "mean_sentiment": "float64",
    "similarity": "float64", "similarity_by_chance": "float64",
}  # fmt: skip
REVIEW = "review"
"""The modality of what users wrote of what they liked."""
UPSTREAM = ("interactions", "items", *EMBEDDINGS)


@dg.asset(
    deps=[*UPSTREAM, "review_sentiment"],
    group_name="reports",
    partitions_def=BY_DATASET,
    kinds={"numpy", "parquet"},
    code_version=CODE_VERSION,
)
def user_profiles_over_time(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """What users rated, liked and wrote, period by period, and how far the taste of each modality moved."""
    name = context.partition_key
    scored = Manifests(home.path).current("review_sentiment", name)

    def compute(say: Say) -> Output:
        rows = profiles(home, dataset(name))
        target = home.profiles_over_time(name)
        with atomic_file(target) as path:
            rows.to_parquet(path, index=False)
        users = rows.user_id.nunique()
        say(f"{name}: profiles of {users:,} users over {rows.period.nunique()} periods")
        upstream = {f"review_sentiment@{name}": scored.data_version} if scored else {}
        made = from_file(target, len(rows), users=users, unit=rows.unit.iloc[0] if len(rows) else None)
        return replace(made, upstream=upstream)

    return materialize(
        context, home, upstream=dict.fromkeys(UPSTREAM, name), config=scored.data_version if scored else None,
        compute=compute,
    )  # fmt: skip


def profiles(home: Home, about: Dataset) -> "pd.DataFrame":
    """A row for each user, period and modality; none where the source has no times or nobody comes back."""
    import pandas as pd

    from assets.matrices import load_data
    from models.metrics import like_threshold

    rows = pd.read_parquet(home.table(about.name, "interactions"))
    rows = _with_sentiment(rows.assign(row=np.arange(len(rows))), home, about.name).dropna(subset="ts")
    unit = unit_of(rows.ts)
    rows = _chosen(rows.assign(period=rows.ts.dt.to_period(UNITS[unit]).dt.start_time.astype("datetime64[us]")))
    if rows.empty:
        return pd.DataFrame(columns=[*COLUMNS, "leans_to"]).astype(COLUMNS)
    catalog, features, reviews = load_data(home, about, content=True)
    rows["item"] = pd.Index(catalog.items.item_id).get_indexer(rows.item_id)
    rows["liked"] = rows.rating >= like_threshold(about.rating_values)
    cells = rows.groupby(["user_id", "period"], sort=True).agg(
        interactions=("rating", "size"), liked=("liked", "sum"), mean_rating=("rating", "mean"),
        mean_sentiment=("probability", "mean"),
    ).reset_index()  # fmt: skip
    rows["cell"] = rows.groupby(["user_id", "period"], sort=True).ngroup()
    likes = rows[rows.liked]
    cells["leans_to"] = leanings(catalog.items.categories, likes.item.to_numpy(), likes.cell.to_numpy(), len(cells))
    moved = _moved(features, reviews, cells, likes)
    return moved.assign(dataset=about.name, unit=unit).astype(COLUMNS)[[*COLUMNS, "leans_to"]]


def unit_of(times: "pd.Series") -> str:
    """Of UNITS the coarsest that the ratings fill FEWEST_PERIODS of; the finest where none does."""
    middle = times[times.between(*times.quantile([0.05, 0.95]))]
    fine = (unit for unit, code in UNITS.items() if middle.dt.to_period(code).nunique() >= FEWEST_PERIODS)
    return next(fine, "day")


def _with_sentiment(rows: "pd.DataFrame", home: Home, name: str) -> "pd.DataFrame":
    import pandas as pd

    path = home.review_sentiment(name)
    if not path.exists():
        return rows.assign(probability=np.nan)
    return rows.merge(pd.read_parquet(path, columns=["review_id", "probability"]), on="review_id", how="left")


def _chosen(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of periods that tell something, of users who have two of them, of the most active of these."""
    counts = rows.groupby(["user_id", "period"]).rating.transform("size")
    rows = rows[counts >= FEWEST]
    rows = rows[rows.groupby("user_id").period.transform("nunique") >= 2]
    active = rows.user_id.value_counts().sort_index().nlargest(MOST_USERS).index
    return rows[rows.user_id.isin(active)].copy()


def _moved(
    features: "Features", reviews: np.ndarray | None, cells: "pd.DataFrame", likes: "pd.DataFrame"
) -> "pd.DataFrame":
    """The cells once for each modality of the items and once for what was written of them, with similarities to the
    user's period before among the cells; once with modality NULL where there are no vectors at all."""
    import pandas as pd

    from models.modalities import modality_of
    from models.taste import likeness

    users, vectors = pd.factorize(cells.user_id)[0], dict[str, tuple[np.ndarray, str]]()
    for field, table in features.item_vectors.items():
        modality = modality_of(field)
        before = [vectors[modality][0]] if modality in vectors else []
        vectors[modality] = np.hstack([*before, np.asarray(table)]), "item"
    if reviews is not None:
        vectors[REVIEW] = reviews, "row"
    tables = [cells.assign(modality=None, similarity=np.nan, similarity_by_chance=np.nan)] if not vectors else []
    for modality, (table, owner) in vectors.items():
        found, chance = likeness(table, likes[owner].to_numpy(), likes.cell.to_numpy(), users)
        tables.append(cells.assign(modality=modality, similarity=found, similarity_by_chance=chance))
    return pd.concat(tables, ignore_index=True)


def leanings(categories: "pd.Series", items: np.ndarray, cells: np.ndarray, n: int) -> list[list[str]]:
    """For each of n cells the categories that what was liked in it leans to. items, cells: int [likes]."""
    import pandas as pd

    named = categories.map(lambda names: list(names) if names is not None else [])
    liked = pd.DataFrame({"cell": cells, "category": named.to_numpy()[items]}).explode("category").dropna()
    share = liked.groupby(["cell", "category"]).size() / liked.groupby("cell").size()
    usual = named.explode().value_counts(normalize=True)
    above = (share - usual.reindex(share.index.get_level_values("category")).to_numpy()).rename("above").reset_index()
    above = above[above.above > 0].sort_values(["cell", "above", "category"], ascending=[True, False, True])
    first = above.groupby("cell").head(LEANINGS).groupby("cell").category.agg(list)
    return [first.get(cell, []) for cell in range(n)]
