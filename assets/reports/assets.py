"""The report of a dataset: what is best, whether it matters, what it looks like, and where every number comes from."""

from pathlib import Path

import dagster as dg

from assets.datasets import dataset
from assets.embeddings import audio_embeddings, image_embeddings, text_embeddings, video_embeddings
from assets.evaluation import behind, metrics
from assets.files import alone, atomic_folder, digest, sha256_of, write_json, write_text
from assets.home import Home
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.profiles import user_profiles_over_time
from assets.recommendations import recommendations
from assets.reports.red_checks import verdict
from assets.steps import Output, Say, as_it_was, materialize, with_page

CODE_VERSION = "4"
FOLDER = Path(__file__).parent
UPSTREAM = (
    *("metrics", "recommendations", "items", "interactions", "images", "media", "user_profiles_over_time"),
    *("text_embeddings", "image_embeddings", "audio_embeddings", "video_embeddings"),
)
OF_REVIEWS = ("reviews", "review_sentiment", "contradictions")


def report_page(home: Home, name: str) -> Path:
    """The path of a dataset's report."""
    return home.reports / name / "index.html"


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
    """Pages that open from disk: leaderboards beside published numbers, significance, errors, posters, provenance."""
    name = context.partition_key
    if behind(home, name):
        before = as_it_was(context, home, "there are later data than those that its models were trained on")
        return with_page(before, report_page(home, name))

    def compute(say: Say) -> Output:
        from assets.reports.index import SUMMARY, summary_of
        from assets.reports.material import load_material
        from assets.reports.page import contents, summary
        from assets.reports.rendering import render

        page = contents(load_material(home, dataset(name)), say)
        pages, first = render(page), report_page(home, name)
        with atomic_folder(first.parent) as folder:
            for file, html in pages.items():
                (folder / file).write_text(html, encoding="utf-8")
            write_json(folder / SUMMARY, summary_of(page, list(pages)))
        say(f"{name}: report of {len(pages)} pages, {sum(map(len, pages.values())) / 2**20:.1f} MB: {first}")
        facts = {"summary": summary(page), "pages": len(pages)}
        return Output(digest(pages), None, [first.parent / file for file in (*pages, SUMMARY)], facts)

    upstream = dict.fromkeys(UPSTREAM, name)
    red = digest([vars(one) for one in verdict(home, dataset(name)).red])
    # Most datasets have no reviews, so that these are not asked of them.
    made = [asset for asset in OF_REVIEWS if Manifests(home.path).current(asset, name)]
    upstream |= dict.fromkeys(made, name)
    result = materialize(context, home, upstream=upstream, config=[_wording(), red], compute=compute)
    return with_page(result, report_page(home, name))


@dg.asset(deps=[report], group_name="reports", kinds={"html"}, code_version="1")
def report_index(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The first page of all reports: every dataset with its best models, and the runs that made them."""
    from assets.reports.index import index_of, index_page, index_summary

    target = home.reports / "index.html"
    # Datasets are reported side by side: whoever writes last must have seen what the others wrote.
    with alone(target):
        contents = index_of(home)

        def compute(say: Say) -> Output:
            write_text(target, index_page(contents))
            say(f"reports of {len(contents['datasets'])} datasets: {target}")
            facts = {"summary": index_summary(contents)}
            made = {f"report@{one['name']}": one["version"] for one in contents["datasets"]}
            return Output(sha256_of(target), len(made), [target], facts, upstream=made)

        told = [contents["datasets"], [vars(run) for run in contents["runs"]], _wording()]
        result = materialize(context, home, upstream={}, config=told, compute=compute)
    return with_page(result, target)


def _wording() -> str:
    """A digest of the templates and of the published numbers, which are data that the page depends on."""
    files = sorted([*FOLDER.glob("*.toml"), *(FOLDER / "templates").rglob("*")])
    return digest([(path.name, sha256_of(path)) for path in files if path.is_file()])
