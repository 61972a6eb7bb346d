"""The report of a dataset: what is best, whether it matters, what it looks like, and where every number comes from."""

from pathlib import Path
from typing import Any

import dagster as dg

from assets.datasets import dataset
from assets.embeddings import audio_embeddings, image_embeddings, text_embeddings, video_embeddings
from assets.evaluation import metrics
from assets.files import digest, sha256_of, write_text
from assets.home import Home
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.profiles import user_profiles_over_time
from assets.recommendations import recommendations
from assets.steps import Output, Say, materialize

CODE_VERSION = "2"
FOLDER = Path(__file__).parent
UPSTREAM = (
    *("metrics", "recommendations", "items", "interactions", "images", "media", "user_profiles_over_time"),
    *("text_embeddings", "image_embeddings", "audio_embeddings", "video_embeddings"),
)
OF_REVIEWS = ("review_sentiment", "contradictions")


@dg.asset(
    deps=[
        *(metrics, recommendations, user_profiles_over_time, *OF_REVIEWS),
        *(text_embeddings, image_embeddings, audio_embeddings, video_embeddings),
    ],
    group_name="reports",
    partitions_def=BY_DATASET,
    kinds={"html"},
    code_version=CODE_VERSION,
)
def report(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """One HTML page that opens from disk: leaderboards beside published numbers, significance, posters, provenance."""
    name = context.partition_key

    def compute(say: Say) -> Output:
        from assets.reports.material import load_material
        from assets.reports.page import contents, render, summary

        page = contents(load_material(home, dataset(name)), say)
        target = home.reports / name / "index.html"
        write_text(target, render(page))
        say(f"{name}: report of {target.stat().st_size / 2**20:.1f} MB: {target}")
        facts: dict[str, Any] = {"summary": summary(page, target), "path": str(target)}
        return Output(sha256_of(target), None, [target], facts)

    upstream = dict.fromkeys(UPSTREAM, name)
    # Most datasets have no reviews, so that these are not asked of them.
    made = [asset for asset in OF_REVIEWS if Manifests(home.path).current(asset, name)]
    upstream |= dict.fromkeys(made, name)
    return materialize(context, home, upstream=upstream, config=_wording(), compute=compute)


def _wording() -> str:
    """A digest of the templates and of the published numbers, which are data that the page depends on."""
    files = sorted([*FOLDER.glob("*.toml"), *(FOLDER / "templates").iterdir()])
    return digest([(path.name, sha256_of(path)) for path in files if path.is_file()])
