"""Great Expectations' Data Docs of a dataset, with the SQL facts, as a static site that opens from disk."""

import dagster as dg

from assets.datasets import dataset
from assets.files import atomic_folder, digest, sha256_of
from assets.home import Home
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, materialize, with_page
from assets.validation.checks import CHECKED, data_docs_page, outcomes
from assets.validation.site import FOLDER, build


@dg.asset(
    deps=list(CHECKED),
    group_name="validation",
    partitions_def=BY_DATASET,
    kinds={"greatexpectations", "html"},
    code_version="1",
)
def data_docs(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """What every check of a dataset expects and found, as pages; made of what the checks have left."""
    name = context.partition_key
    page = data_docs_page(home, name)
    # Where a blocking check has stopped a run, the pages show what there is up to there.
    made = [asset for asset in CHECKED if Manifests(home.path).current(asset, name)]
    found = {asset: outcomes(home, asset, name)[0] for asset in made}
    states = {asset: [vars(outcome) for outcome in known] for asset, known in found.items()}

    def compute(say: Say) -> Output:
        with atomic_folder(page.parent) as folder:
            build(folder, dataset(name), found)
        say(f"{name}: Data Docs: {page}")
        files = sorted(page.parent.rglob("*.html"))
        red = [f"{asset}.{o.check}" for asset, known in found.items() for o in known if not o.passed]
        facts = {"checks": sum(map(len, found.values())), "not_passed": ", ".join(red) or "none"}
        return Output(digest(states), None, files, facts)

    upstream = dict.fromkeys(made, name)
    wording = [(path.name, sha256_of(path)) for path in sorted(FOLDER.iterdir())]
    result = materialize(context, home, upstream=upstream, config=[states, wording], compute=compute)
    return with_page(result, page)
