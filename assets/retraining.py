"""When the models of a dataset are to be trained anew: once enough of what they learn from has changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import Field

from assets.cells import trained_cells
from assets.embeddings import audio_embeddings, image_embeddings, text_embeddings, video_embeddings
from assets.files import atomic_file, digest
from assets.home import Home
from assets.lake import attached, referenced
from assets.manifests import Manifest, Manifests, parted
from assets.matrices import CONTENT_FIELDS
from assets.partitions import BY_DATASET
from assets.splits import folds
from assets.steps import Output, Say, materialize
from assets.warehouse import export, sql

CODE_VERSION = "1"
CONTENTS = (text_embeddings, image_embeddings, audio_embeddings, video_embeddings)
NOTHING = "there is nothing to compare with"


class Retraining(dg.Config):
    """Whether to wait for further changes."""

    now: bool = Field(False, description="Train on whatever has changed so far, however little that is.")


@dg.asset(
    deps=["users", "items", "interactions", folds, *CONTENTS],
    group_name="embeddings",
    partitions_def=BY_DATASET,
    kinds={"duckdb", "parquet"},
    code_version=CODE_VERSION,
)
def retraining_trigger(context: dg.AssetExecutionContext, config: Retraining, home: Home) -> dg.MaterializeResult:
    """Has a new version once enough ratings, users or items have changed since models were last to be trained
    (TRIFUSE_RETRAIN_SHARE), or once some change waits for long (TRIFUSE_RETRAIN_DAYS); models follow it, so that a few
    ratings a night do not train them all."""
    name, manifests = context.partition_key, Manifests(home.path)
    upstream = {key.path[-1]: name for key in context.assets_def.asset_deps[context.asset_key]}
    basis = {asset: manifests.require(asset, name).data_version for asset in upstream}
    code = manifests.require("folds", name).code_version
    before = manifests.current("retraining_trigger", name)
    due = _due(home, before, basis, code, config.now)
    if before and due:
        manifests.forget(before)

    def compute(say: Say) -> Output:
        with attached(home, name) as connection:
            _lay_rows(connection, home, name)
            shares = {} if due == NOTHING else _changed(connection, _rows(home, before))
            most = max(shares.values(), default=0.0)
            why = due or (most and most >= home.retrain_share and f"{most:.1%} of what they learn from has changed")
            changed = {f"{kind} changed": share for kind, share in shares.items()}
            if not why:
                say(f"{name}: models stay as they are, {most:.1%} of what they learn from has changed")
                kept = {fact: before.metadata[fact] for fact in ("basis", "code", "since", "why")}
                return Output(before.data_version, None, [_rows(home, before)], kept | changed)
            say(f"{name}: models are to be trained, {why}")
            facts = {"basis": basis, "code": code, "since": datetime.now(UTC).isoformat(), "why": why}
            version = digest(basis, code)
            return Output(version, None, [_keep(connection, home, name, version)], facts | changed)

    options = [home.retrain_share, home.retrain_days]
    return materialize(context, home, upstream=upstream, config=options, compute=compute)


def _rows(home: Home, made: Manifest) -> Path:
    """What models were last to be trained on."""
    return home.training_rows(made.partition, made.data_version)


def _due(home: Home, before: Manifest | None, basis: dict[str, str], code: str, now: bool) -> str:
    """Why models are to be trained on what is there, whatever the share that has changed; '' where that decides.
    basis: asset -> its present data version. code: by which folds are made."""
    if before is None or not _rows(home, before).exists():
        return NOTHING
    since = before.metadata
    if (since["basis"], since["code"]) == (basis, code):
        return ""
    if now:
        return "a person asked for it"
    if since["code"] != code:
        return "folds are made by other code"
    if datetime.now(UTC) - datetime.fromisoformat(since["since"]) >= timedelta(days=home.retrain_days):
        return f"something has changed since {since['since'][:10]}"
    return "one of them was, by hand" if _trained_since(home, before.partition, since["basis"]) else ""


def _trained_since(home: Home, name: str, basis: dict[str, str]) -> bool:
    """Whether a model was trained on later data; those of one leaderboard are to be of the same."""
    manifests = Manifests(home.path)
    cells = trained_cells(manifests, name)
    later = (m for m in cells if any(basis.get(parted(at)[0], made) != made for at, made in m.upstream.items()))
    return any(manifests.fresh(manifest) for manifest in later)


def _lay_rows(connection: duckdb.DuckDBPyConnection, home: Home, name: str) -> None:
    """Make the table `training_rows`: the kind of everything that models learn from, and a number for what it is."""
    contents = referenced(home, [(name, field) for field in CONTENT_FIELDS])
    connection.execute(f"CREATE TEMP VIEW contents AS {' UNION ALL BY NAME '.join(contents)}")
    connection.execute(f"CREATE TEMP TABLE training_rows AS {sql('embeddings/training_rows')}")


def _changed(connection: duckdb.DuckDBPyConnection, before: Path) -> dict[str, float]:
    """Kind -> the share of its rows that have changed since these were written."""
    return dict(connection.execute(sql("embeddings/changed_rows"), {"before": str(before)}).fetchall())


def _keep(connection: duckdb.DuckDBPyConnection, home: Home, name: str, version: str) -> Path:
    """Write the rows, in place of those before: who is killed here finds nothing to compare with, and trains."""
    target = home.training_rows(name, version)
    with atomic_file(target) as path:
        export(connection, "FROM training_rows", path)
    for other in target.parent.glob("*.parquet"):
        if other != target:
            other.unlink()
    return target
