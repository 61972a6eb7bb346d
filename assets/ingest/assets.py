"""Raw files and staged records: the two assets in which data enters the house."""

from pathlib import Path

import dagster as dg
import duckdb

from assets.datasets import Dataset, dataset
from assets.files import atomic_file, digest
from assets.hashing import Hashes
from assets.home import Home
from assets.ingest.landing import media_places, picture_folders, provide, raw_files
from assets.ingest.segments import Staged
from assets.lake import EXPLAINED, publish_warehouse, segments
from assets.limits import DUCKDB_WRITE
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, materialize, teller
from assets.warehouse import export, working
from assets.web.resource import Web


@dg.asset(name="raw_files", group_name="raw", partitions_def=BY_DATASET, kinds={"file"}, code_version="2")
def raw_files_asset(context: dg.AssetExecutionContext, home: Home, web: Web) -> dg.MaterializeResult:
    """The dataset's raw files with their SHA-256: found under TRIFUSE_RAW, downloaded, or generated (samples)."""
    about = dataset(context.partition_key)
    root = provide(home, about, web.allowed, teller(context))
    with Hashes(home.hashes) as hashes:
        found = fingerprint(about, root, hashes)
    return materialize(context, home, upstream={}, config=found, compute=lambda say: _listed(about, root, found))


def fingerprint(about: Dataset, root: Path, hashes: Hashes) -> dict[str, str]:
    """File, or folder of pictures or media, -> SHA-256; a folder's is over its files' names and SHA-256."""
    beside = [*picture_folders(about, root), *media_places(about, root)]
    files = [*(file.path for file in raw_files(about, root)), *(place for place in beside if (root / place).is_file())]
    found = {file.as_posix(): hashes.sha256(root / file) for file in files}
    folders = [place for place in beside if (root / place).is_dir()]
    return found | {folder.as_posix() + "/": hashes.folder(root / folder) for folder in folders}


def _listed(about: Dataset, root: Path, found: dict[str, str]) -> Output:
    size = sum((root / name).stat().st_size for name in found if not name.endswith("/"))
    table = "\n".join(["| file | SHA-256 |", "|---|---|", *(f"| {name} | `{sha}` |" for name, sha in found.items())])
    facts = {"root": str(root), "licence": about.licence, "source": about.url, "raw_bytes": size, "listing": table}
    upstream = {f"file:{name}": sha for name, sha in found.items()}
    return Output(digest(found), len(found), metadata=facts, upstream=upstream)


@dg.asset(
    deps=[raw_files_asset],
    group_name="staging",
    partitions_def=BY_DATASET,
    kinds={"duckdb", "sql"},
    pool=DUCKDB_WRITE,
    code_version="2",
)
def staged_records(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Typed rows of every raw file; what cannot be read stands in `rejects` with file, line and reason.

    A file that has not changed is not read again; of a JSON-lines file that has grown, only the new end is.
    """
    about = dataset(context.partition_key)
    return materialize(context, home, upstream={"raw_files": about.name}, compute=lambda say: stage(home, about, say))


def stage(home: Home, about: Dataset, say: Say) -> Output:
    """Read every raw file of a dataset that changed; forget those that are gone."""
    from assets.ingest.loading import Loader

    of, root, staged = segments(home, about.name), home.raw_root(about), []
    with Hashes(home.hashes) as hashes, working(home.threads) as connection:
        loader = Loader(connection, of, about, root, hashes)
        for raw in raw_files(about, root):
            staged.append(loader.load(raw, say))
        of.retain([file.source_file for file in staged])
        of.attach(connection)
        small = [_exported(connection, table, of.folder / f"{table}.parquet") for table in EXPLAINED]
    publish_warehouse(home)
    of.sweep()
    version = digest(sorted((f.source_file, f.recipe, f.rows_read, f.rows_rejected, f.content) for f in staged))
    rows = sum(file.rows_loaded for file in staged if file.table == "ratings")
    facts = {"audit": _audit(staged), "rejected": sum(file.rows_rejected for file in staged)}
    return Output(version, rows, [*of.files(staged), *small], facts)


def _exported(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> Path:
    with atomic_file(path) as temporary:
        export(connection, f"FROM staging.{table}", temporary)
    return path


def _audit(staged: list[Staged]) -> str:
    lines = ["| file | read | loaded | rejected | duplicate | s |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {f.source_file} | {f.rows_read:,} | {f.rows_loaded:,} | {f.rows_rejected:,} | {f.rows_duplicate:,} "
        f"| {f.seconds:,.1f} |"
        for f in staged
    ]
    return "\n".join(lines)
