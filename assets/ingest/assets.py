"""Raw files and staged records: the two assets in which data enters the house."""

from pathlib import Path

import dagster as dg
import duckdb

from assets.datasets import Dataset, dataset
from assets.files import atomic_file, digest, sha256_of
from assets.home import Home
from assets.ingest.landing import picture_folders, raw_files
from assets.ingest.loading import forget, load
from assets.limits import DUCKDB_WRITE
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, materialize
from assets.warehouse import export, transaction


@dg.asset(name="raw_files", group_name="raw", partitions_def=BY_DATASET, kinds={"file"}, code_version="1")
def raw_files_asset(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The dataset's raw files with their SHA-256, as found under TRIFUSE_RAW; the embedded samples are generated."""
    about = dataset(context.partition_key)
    root = home.raw_root(about)
    if about.embedded:
        from assets.samples import generate

        generate(about.name, root)
    hashes = fingerprint(about, root)
    return materialize(context, home, upstream={}, config=hashes, compute=lambda say: _listed(about, root, hashes))


def fingerprint(about: Dataset, root: Path) -> dict[str, str]:
    """File, or folder of pictures, -> SHA-256; a folder's is over its files' names and SHA-256."""
    files = {file.path.as_posix(): sha256_of(root / file.path) for file in raw_files(about, root)}
    return files | {folder.as_posix() + "/": _folder_digest(root / folder) for folder in picture_folders(about, root)}


def _folder_digest(folder: Path) -> str:
    return digest(sorted((path.name, sha256_of(path)) for path in folder.iterdir() if path.is_file()))


def _listed(about: Dataset, root: Path, hashes: dict[str, str]) -> Output:
    size = sum((root / name).stat().st_size for name in hashes if not name.endswith("/"))
    table = "\n".join(["| file | SHA-256 |", "|---|---|", *(f"| {name} | `{sha}` |" for name, sha in hashes.items())])
    facts = {"root": str(root), "licence": about.licence, "source": about.url, "raw_bytes": size, "listing": table}
    upstream = {f"file:{name}": sha for name, sha in hashes.items()}
    return Output(digest(hashes), len(hashes), metadata=facts, upstream=upstream)


@dg.asset(
    deps=[raw_files_asset],
    group_name="staging",
    partitions_def=BY_DATASET,
    kinds={"duckdb", "sql"},
    pool=DUCKDB_WRITE,
    code_version="1",
)
def staged_records(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Typed rows of every raw file; what cannot be read stands in `rejects` with file, line and reason."""
    about = dataset(context.partition_key)

    def compute(say: Say) -> Output:
        with transaction(home.warehouse) as connection:
            forget(connection, about.name)
            audits = []
            for file in raw_files(about, home.raw_root(about)):
                audits.append(load(connection, about, home.raw_root(about), file))
                say(str(audits[-1]))
            path = home.lake / about.name / "staging"
            rows = _export(connection, about.name, path)
        version = digest([(a.source_file, a.sha256) for a in audits])
        lines = ["| file | read | loaded | rejected | duplicate |", "|---|---|---|---|---|"]
        lines += [
            f"| {a.source_file} | {a.rows_read:,} | {a.rows_loaded:,} | {a.rows_rejected:,} | {a.rows_duplicate:,} |"
            for a in audits
        ]
        files = [home.warehouse, path / "rejects.parquet", path / "ingest_audit.parquet"]
        return Output(
            version, rows, files, {"audit": "\n".join(lines), "rejected": sum(a.rows_rejected for a in audits)}
        )

    return materialize(context, home, upstream={"raw_files": about.name}, compute=compute)


def _export(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> int:
    """Write rejects and audit as Parquet; returns the number of staged ratings."""
    for table in ("rejects", "ingest_audit"):
        with atomic_file(folder / f"{table}.parquet") as path:
            export(connection, f"FROM staging.{table} WHERE dataset = '{name}'", path)
    counted = "SELECT count(*) FROM staging.ratings WHERE dataset = ?"
    return connection.execute(counted, [name]).fetchall()[0][0]
