"""Pictures and plots from the web, for the items that have no picture on disk."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from assets.datasets import Dataset, dataset
from assets.files import atomic_file, digest
from assets.home import Home
from assets.ingest.landing import picture_folders
from assets.lake import attached
from assets.limits import WEB
from assets.partitions import BY_DATASET
from assets.posters.settings import CrawlSettings
from assets.posters.state import State
from assets.posters.store import FOLDER, PictureStore
from assets.posters.wanted import Wanted
from assets.steps import Output, Say, from_file, materialize
from assets.warehouse import frame, sql
from assets.web.resource import Web

if TYPE_CHECKING:
    from assets.posters.providers.provider import Provider

TYPES = {
    **dict.fromkeys(
        ("dataset", "item_id", "image_id", "source", "url", "path", "sha256", "status", "reason"), "string"
    ),
    **{"width": "Int32", "height": "Int32", "bytes": "Int64", "fetched_at": "datetime64[us]"},
    **{"text": "string", "text_kind": "string", "match_score": "Float64"},
}
"""Columns of the outcomes: those of `images`, then the text that came along and how well the title matched."""


class FetchConfig(dg.Config):
    """How pictures are looked for on the web."""

    limit: int | None = Field(default=None, ge=0, description="Items asked about in this run; all where it is empty.")
    refresh_after_days: float | None = Field(
        default=None, ge=0, description="Ask again, conditionally, for pictures older than this; never where empty."
    )
    tries: int = Field(default=5, ge=1, le=20, description="Requests for one address before it counts as not reached.")


@dg.asset(
    deps=["staged_records"],
    group_name="pictures",
    partitions_def=BY_DATASET,
    kinds={"http", "parquet"},
    pool=WEB,
    code_version="1",
)
def fetched_pictures(
    context: dg.AssetExecutionContext, config: FetchConfig, home: Home, web: Web
) -> dg.MaterializeResult:
    """Posters, product pictures and plots from TMDB, OMDb and the addresses in the data; one row per question asked.

    Which services are asked stands in datasets.toml; those whose key is not set are left out. It may be stopped at
    any time, and goes on where it was.
    """
    about = dataset(context.partition_key)
    providers, silent = providers_of(about, web)
    settings = CrawlSettings(
        limit=config.limit, refresh_after_days=config.refresh_after_days, allow_hosts=web.allowed, tries=config.tries
    )
    with closing(State(home.landing / FOLDER / f"{about.name}.sqlite")) as state:
        # What could not be reached, or has grown old, is asked for again although nothing else has changed.
        again = config.refresh_after_days is not None or any(not row["settled"] for row in state.rows())
        asked = {"providers": [p.name for p in providers], "limit": config.limit}

        def compute(say: Say) -> Output:
            wanted = wanted_of(home, about)
            facts = {"wanted": len(wanted), "asked": ", ".join(asked["providers"]) or "nobody", "left_out": silent}
            if providers and wanted:
                from assets.posters.crawler import crawl_now

                store = PictureStore(home.landing / FOLDER)
                summary = crawl_now(wanted, providers, store=store, state=state, settings=settings, say=say)
                facts |= {"summary": str(summary)}
            return _exported(home, about, state, facts)

        return materialize(
            context, home, upstream={"staged_records": about.name}, compute=compute,
            config=[asked, context.run.run_id if again else ""],
        )  # fmt: skip


def providers_of(about: Dataset, web: Web) -> "tuple[list[Provider], str]":
    """Who is asked for a dataset's pictures, and a line about who is not for want of a key."""
    from assets.posters.providers.omdb import OmdbProvider
    from assets.posters.providers.tmdb import TmdbProvider
    from assets.posters.providers.url import UrlProvider

    known: dict[str, Provider | None] = {
        "url": UrlProvider(),
        "tmdb": TmdbProvider(web.tmdb_token, web.tmdb_api_base, web.tmdb_image_base) if web.tmdb_token else None,
        "omdb": OmdbProvider(web.omdb_key, web.omdb_api_base) if web.omdb_key else None,
    }
    keys = {"tmdb": "TRIFUSE_TMDB_TOKEN", "omdb": "TRIFUSE_OMDB_KEY"}
    silent = [f"{name} ({keys[name]} is not set)" for name in about.pictures if known[name] is None]
    return [provider for name in about.pictures if (provider := known[name])], ", ".join(silent)


def wanted_of(home: Home, about: Dataset) -> Sequence[Wanted]:
    """The described items that have no picture on disk, in order of item."""
    with attached(home, about.name) as connection:
        items = frame(connection, sql("catalog/wanted_pictures"))
    if about.source == "amazon":  # whose pictures on disk no file lists
        root = home.raw_root(about)
        on_disk = {path.stem for folder in picture_folders(about, root) for path in (root / folder).iterdir()}
        items = items[~items.item_id.isin(on_disk)]
    items = items.astype(object).where(items.notna(), None)
    return [
        Wanted(
            row.item_id,
            row.title,
            row.year,
            row.imdb_id,
            row.tmdb_id,
            () if row.image_urls is None else tuple(row.image_urls),
        )
        for row in items.itertuples()
    ]


def _exported(home: Home, about: Dataset, state: State, facts: dict) -> Output:
    """The outcomes as Parquet. The data version leaves out when they were had: the same pictures are the same data."""
    import pandas as pd

    rows = [_row(about.name, row) for row in state.rows()]
    table = pd.DataFrame(rows, columns=list(TYPES))
    target = home.fetched(about.name)
    with atomic_file(target) as path:
        table.astype(TYPES).to_parquet(path, index=False)
    version = digest([{k: v for k, v in row.items() if k != "fetched_at"} for row in rows])
    statuses = "\n".join(
        ["| status | rows |", "|---|---|", *(f"| {s} | {n:,} |" for s, n in table.status.value_counts().items())]
    )
    output = from_file(target, len(rows), statuses=statuses, **facts)
    output.data_version = version
    return output


def _row(dataset: str, outcome: dict) -> dict:
    import pandas as pd

    image_id = f"{outcome['provider']}-{digest(outcome['url'])[:12]}"
    path = f"{FOLDER}/{outcome['path']}" if outcome["path"] else None
    facts = {"image_id": image_id, "source": outcome["provider"], "path": path, "reason": outcome["reason"] or None}
    fetched = pd.Timestamp(outcome["fetched_at"]).tz_convert(None) if outcome["fetched_at"] else None
    url = outcome["image_url"] or outcome["url"]
    return {name: outcome.get(name) for name in TYPES} | facts | {"dataset": dataset, "url": url, "fetched_at": fetched}
