"""Copies of what people read, the snapshot, its tables and the reports, in object storage that speaks S3.

What is computed stays on a file system, whose files are locked, mapped into memory and replaced by renaming. An object
is replaced as a whole, so a reader never meets half of one; the index goes last, and names the content of each.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assets.files import alone, digest, sha256_of, temporary_prefix
from assets.home import Home
from assets.steps import Say
from assets.warehouse import connect, export

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

INDEX = "trifuse.json"
"""Of a published home: file -> SHA-256."""
TABLES = "tables"
"""The folder of the snapshot's tables as Parquet, for whoever cannot open a DuckDB file there."""


@dataclass(frozen=True)
class Published:
    """How many files were sent, removed, and found to be there already. bytes: sent. version: of all that is there."""

    sent: int
    removed: int
    unchanged: int
    bytes: int
    version: str


def storage(address: str) -> tuple[FileSystem, str]:
    """The storage that `s3://bucket/prefix` means, and the path in it. Raises ValueError.

    Credentials, region and endpoint are those of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION
    and, for others than Amazon's, AWS_ENDPOINT_URL.
    """
    from pyarrow.fs import S3FileSystem

    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"{address!r} is no address in object storage; it looks like s3://bucket/prefix")
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    elsewhere = {"endpoint_override": endpoint.netloc, "scheme": endpoint.scheme} if endpoint.netloc else {}
    region = {"region": os.environ["AWS_REGION"]} if "AWS_REGION" in os.environ else {}
    return S3FileSystem(**elsewhere, **region), f"{parts.netloc}/{parts.path.strip('/')}".rstrip("/")


def publish(home: Home, address: str, say: Say) -> Published:
    """Make the storage hold the snapshot, its tables and the reports as they are now; what is equal is not sent again.

    Tables of an equal snapshot are equal, and not even written. Raises FileNotFoundError where there is no snapshot,
    OSError of the storage.
    """
    if not home.serving.exists():
        raise FileNotFoundError(f"There is no {home.serving} to publish yet. `make demo` or `trifuse run` makes it.")
    there, prefix = storage(address)
    # No other snapshot takes its place meanwhile: the tables are those of the one that is sent.
    with alone(home.serving), tempfile.TemporaryDirectory(prefix=temporary_prefix("trifuse")) as folder:
        before, files = _index(there, f"{prefix}/{INDEX}"), _files(home)
        now, tables = _hashes(files), {name: before[name] for name in before if name.startswith(f"{TABLES}/")}
        if not tables or now[home.serving.name] != before.get(home.serving.name):
            made = {f"{TABLES}/{path.name}": path for path in _tables(home, Path(folder))}
            files, tables = made | files, _hashes(made)
        now = tables | now
        new = [name for name, sha256 in now.items() if before.get(name) != sha256]
        for name in new:
            say(f"sending {name}")
            _send(there, files[name], f"{prefix}/{name}")
        sent = sum(files[name].stat().st_size for name in new)
    gone = [name for name in before if name not in now]
    _write(there, f"{prefix}/{INDEX}", now)
    for name in gone:  # only now, as the old index still named it
        there.delete_file(f"{prefix}/{name}")
    return Published(len(new), len(gone), len(now) - len(new), sent, digest(now))


def _files(home: Home) -> dict[str, Path]:
    """Name in the storage -> file: the snapshot and the reports."""
    pages = [path for path in sorted(home.reports.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(home.path).as_posix(): path for path in (home.serving, *pages)}


def _hashes(files: dict[str, Path]) -> dict[str, str]:
    return {name: sha256_of(path) for name, path in files.items()}


def _tables(home: Home, folder: Path) -> list[Path]:
    """The tables of the snapshot, each a Parquet file in `folder`."""
    with connect(home.serving, read_only=True) as connection:
        connection.execute("SET threads = 1")  # so that equal tables are equal files
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for name in names:
            export(connection, f"FROM {name}", folder / f"{name}.parquet")
    return [folder / f"{name}.parquet" for name in sorted(names)]


def _index(there: FileSystem, path: str) -> dict[str, str]:
    try:
        with there.open_input_stream(path) as stream:
            return json.loads(stream.read())
    except FileNotFoundError:
        return {}


def _write(there: FileSystem, path: str, index: dict[str, str]) -> None:
    with there.open_output_stream(path) as stream:
        stream.write(json.dumps(index, indent=1, sort_keys=True).encode())


def _send(there: FileSystem, source: Path, target: str) -> None:
    with source.open("rb") as file, there.open_output_stream(target) as stream:
        shutil.copyfileobj(file, stream, 2**20)
