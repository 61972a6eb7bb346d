"""The asset `media`: sound and video of items, from a folder or from addresses, inspected."""

import dagster as dg
from pydantic import Field

from assets.datasets import Dataset, dataset
from assets.files import atomic_file, digest
from assets.home import Home
from assets.lake import publish_warehouse
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, from_file, materialize
from assets.web.resource import Web


class MediaConfig(dg.Config):
    """How media files are fetched from the addresses in media.csv."""

    tries: int = Field(default=3, ge=1, le=20, description="Requests in vain for one address before it is given up.")


# In no pool: a dataset without media, as most are, is not to wait for another's downloads, which ask one by one.
@dg.asset(
    deps=["raw_files", "items"],
    group_name="catalog",
    partitions_def=BY_DATASET,
    kinds={"file", "http", "parquet"},
    code_version="1",
)
def media(context: dg.AssetExecutionContext, config: MediaConfig, home: Home, web: Web) -> dg.MaterializeResult:
    """One row per media file and kind (audio, video), and what became of it: found, missing, refused, corrupt or too
    large. Files lie in the dataset's folder media/, or are listed in its media.csv by file or address."""
    about = dataset(context.partition_key)
    return materialize(
        context,
        home,
        upstream={"raw_files": about.name, "items": about.name},
        # What could not be reached is asked for again although nothing else has changed.
        config=[_inspector(), config.tries, context.run.run_id if _unreached(home, about) else ""],
        compute=lambda say: written(home, about, web.allowed, config.tries, say),
    )


def _inspector() -> str:
    from models.encoders.decoding import inspector

    return inspector()


def _unreached(home: Home, about: Dataset) -> bool:
    import pandas as pd

    from assets.media.fetching import NOT_REACHED

    path = home.table(about.name, "media")
    if not path.exists():
        return False
    return bool(pd.read_parquet(path, columns=["reason"]).reason.str.startswith(NOT_REACHED).any())


def written(home: Home, about: Dataset, allowed: frozenset[str], tries: int, say: Say) -> Output:
    """Write the table. Its data version leaves out when files were fetched: the same files are the same data."""
    import pandas as pd

    from assets.media.audit import audited, coverage
    from assets.media.fetching import Fetching
    from models.encoders.media import LIMITS

    items = set(pd.read_parquet(home.table(about.name, "items"), columns=["item_id"]).item_id)
    table = audited(home, about, items, Fetching(home.landing, allowed, LIMITS.bytes, tries), say)
    target = home.table(about.name, "media")
    with atomic_file(target) as path:
        table.to_parquet(path, index=False)
    publish_warehouse(home)
    output = from_file(target, len(table), **coverage(table, len(items)))
    output.data_version = digest(table.drop(columns="fetched_at").astype(object).to_numpy(None, na_value=None).tolist())
    return output
