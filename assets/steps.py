"""The shape that every asset body has: skip what is unchanged, else compute, then leave a manifest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from assets import column_lineage
from assets.files import digest, sha256_of
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.warehouse import sql

Say = Callable[[str], None]
"""Takes one readable line of progress."""


COLUMN_LINEAGE = "column_lineage"
"""Among the facts of a table that SQL makes: column -> the columns that it comes from."""


listeners: list[Say] = []
"""Whoever wants the lines of progress besides the event log; the command line adds its terminal here."""


@dataclass
class Output:
    """What a computation made. data_version: hash of the content. files: what must exist for it to count as made.
    hashes: SHA-256 of those files that have been hashed already, so that none is read twice."""

    data_version: str
    rows: int | None = None
    files: list[Path] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    upstream: dict[str, str] = field(default_factory=dict)
    hashes: dict[Path, str] = field(default_factory=dict)


def from_file(path: Path, rows: int | None = None, **metadata: Any) -> Output:
    """The output that is one file: its SHA-256 is the data version."""
    version = sha256_of(path)
    return Output(version, rows, [path], metadata, hashes={path: version})


def hashed(*paths: Path) -> dict[Path, str]:
    """SHA-256 of files, in the order in which they are given."""
    return {path: sha256_of(path) for path in paths}


def partition_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> str:
    """The partition key of the run, '' for an unpartitioned asset."""
    return context.run.tags.get("dagster/partition", "")


def materialize(
    context: dg.AssetExecutionContext,
    home: Home,
    *,
    upstream: dict[str, str],
    compute: Callable[[Say], Output],
    config: Any = None,
    partition: str | None = None,
) -> dg.MaterializeResult:
    """Run `compute` unless nothing it depends on has changed.

    upstream: asset -> partition, all of which must have been materialized (LookupError otherwise).
    config: anything else that the result depends on.
    """
    asset = context.asset_key.path[-1]
    if partition is None:
        # An asset without partitions may stand in a run with one, as the snapshot does in a refresh.
        partition = context.partition_key if context.assets_def.partitions_def else ""
    code_version = context.assets_def.code_versions_by_key[context.asset_key] or "1"
    manifest, computed = remember(
        Manifests(home.path),
        asset,
        partition,
        code_version,
        context.run.run_id,
        upstream,
        config,
        compute,
        teller(context),
    )
    if computed:
        tell_listeners(f"{asset} {partition}: done in {manifest.metadata['seconds']:.1f} s")
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest.data_version), metadata=shown(manifest, home, computed)
    )


def with_page(result: dg.MaterializeResult, page: Path) -> dg.MaterializeResult:
    """The same with the path of its page, which no manifest keeps: the home may have been moved since."""
    return result._replace(metadata={**result.metadata, "path": dg.MetadataValue.path(page)})


def as_it_was(context: dg.AssetExecutionContext, home: Home, why: str) -> dg.MaterializeResult:
    """The partition once more, as it was made before. Raises LookupError, with the reason, where it never was."""
    asset, partition = context.asset_key.path[-1], context.partition_key
    before = Manifests(home.path).current(asset, partition)
    if before is None:
        raise LookupError(f"{asset} of {partition} cannot be made: {why}.")
    teller(context)(f"{asset} {partition}: stays as it was: {why}")
    return dg.MaterializeResult(data_version=dg.DataVersion(before.data_version), metadata=shown(before, home, False))


def teller(context: dg.AssetExecutionContext) -> Say:
    """Tells the event log and every listener."""

    def say(line: str) -> None:
        context.log.info(line)
        tell_listeners(line)

    return say


def tell_listeners(line: str) -> None:
    """Tell only the listeners; the event log knows already."""
    for listener in listeners:
        listener(line)


def remember(
    manifests: Manifests,
    asset: str,
    partition: str,
    code_version: str,
    run_id: str,
    upstream: dict[str, str],
    config: Any,
    compute: Callable[[Say], Output],
    say: Say,
) -> tuple[Manifest, bool]:
    """The manifest of (asset, partition) and whether it had to be computed now."""
    versions = {f"{name}@{part}": manifests.require(name, part).data_version for name, part in upstream.items()}
    fingerprint = digest(asset, partition, code_version, config, versions)
    before = manifests.unchanged(asset, partition, fingerprint)
    # What it made along the way, as a model is made of cells, has files of its own.
    if before is not None and manifests.all_whole(before.upstream.keys() - versions.keys()):
        say(f"{asset} {partition}: unchanged, nothing computed")
        return before, False
    started = time.monotonic()
    output = compute(say)
    others = (path for path in output.files if path not in output.hashes and _of_one_step(path))
    hashes = output.hashes | hashed(*others)
    manifest = Manifest(
        asset, partition, run_id, code_version, fingerprint, output.data_version, versions | output.upstream,
        files={str(path.relative_to(manifests.home)): path.stat().st_size for path in output.files},
        hashes={str(path.relative_to(manifests.home)): hashes[path] for path in output.files if path in hashes},
        metadata={"rows": output.rows, "seconds": round(time.monotonic() - started, 3), **output.metadata},
    )  # fmt: skip
    manifests.save(manifest)
    return manifest, True


def _of_one_step(path: Path) -> bool:
    """Whether the file stays as this step made it, so that its hash says something later."""
    return path.is_file() and path.suffix != ".duckdb"


def shown(manifest: Manifest, home: Home, computed: bool) -> dict[str, Any]:
    """The metadata that the Dagster UI shows for a manifest."""
    facts = {k: v for k, v in manifest.metadata.items() if v is not None and k not in ("rows", COLUMN_LINEAGE)}
    facts["computed"] = computed
    if size := sum(size for size in manifest.files.values() if size > 0):
        facts["bytes"] = size
    if manifest.metadata.get("rows") is not None:
        facts["dagster/row_count"] = manifest.metadata["rows"]
    if COLUMN_LINEAGE in manifest.metadata:
        facts["dagster/column_lineage"] = column_lineage.shown(manifest.metadata[COLUMN_LINEAGE])
    if tables := [home.path / name for name in manifest.files if name.endswith(".parquet")]:
        facts |= {"dagster/uri": str(tables[0]), "dagster/column_schema": parquet_schema(tables[0])}
    return {k: v if k.startswith("dagster/") else _value(v) for k, v in facts.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str) and ("\n" in value or value.startswith("![")):
        return dg.MetadataValue.md(value)
    if isinstance(value, str) and value.startswith("/"):
        return dg.MetadataValue.path(value)
    return dg.MetadataValue.json(value) if isinstance(value, dict | list) else value


def parquet_schema(path: Path) -> dg.TableSchema:
    """Columns of a Parquet file for the UI: names, types, and what the snapshot says of those of the same table."""
    import pyarrow.parquet as pq

    said, schema = column_comments(), pq.read_schema(path)
    columns = [dg.TableColumn(field.name, str(field.type), said.get((path.stem, field.name))) for field in schema]
    return dg.TableSchema(columns)


@cache
def column_comments() -> dict[tuple[str, str], str]:
    """(table, column) -> what sql/serving/comments.sql says of it."""
    found = re.findall(r"COMMENT ON COLUMN (\w+)\.(\w+) IS '((?:[^']|'')*)';", sql("serving/comments"))
    return {(table, column): about.replace("''", "'") for table, column, about in found}
