"""What the snapshot tells of models: every version there ever was, the champions, and the lists of the present ones."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.cells import Cell
from assets.champions.history import Entry, histories
from assets.champions.versions import LISTS, place
from assets.datasets import dataset
from assets.home import Home
from assets.lineage import timestamp
from assets.manifests import Manifest, Manifests
from assets.studies.declared import study_of
from assets.warehouse import insert, sql


def serving_protocol(home: Home, name: str) -> str | None:
    """The protocol whose models recommend: of those with lists, the dataset's first; None without lists."""
    there = {Cell.parse(cell).protocol for cell in _listed(home, name)}
    own = [protocol for protocol in dataset(name).protocols if protocol in there]
    return (own or sorted(there) or [None])[0]


def _listed(home: Home, name: str) -> dict[str, str]:
    """The cells that lists were made of -> the version of each."""
    made = Manifests(home.path).current("recommendations", name)
    return made.made_of("recommender") if made else {}


def publish_models(connection: duckdb.DuckDBPyConnection, home: Home, name: str) -> None:
    """Fill `model_versions`, `champions` and `recommendations` of a dataset."""
    serves = serving_protocol(home, name)
    champions = [row for of in histories(home, name) for row in _told(name, of.protocol, of.entries(), serves)]
    _insert(connection, "champions", champions)
    present = {row["protocol"]: row for row in champions if row["until"] is None}
    _insert(connection, "model_versions", _versions(home, name, present))
    _publish_lists(connection, home, name, present.get(serves))


def _told(name: str, protocol: str, entries: list[Entry], serves: str | None) -> list[dict[str, Any]]:
    until = [*(timestamp(entry.since) for entry in entries[1:]), None]
    return [
        {
            "dataset": name, "protocol": protocol, "model": Cell.parse(entry.cell).model,
            "variant": Cell.parse(entry.cell).variant, "seed": Cell.parse(entry.cell).seed, "version": entry.version,
            "pinned": entry.pinned, "why": entry.why, "run_id": entry.run_id, "since": timestamp(entry.since),
            "until": end, "serves": protocol == serves and end is None,
        }
        for entry, end in zip(entries, until, strict=True)
    ]  # fmt: skip


def _versions(home: Home, name: str, present: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    manifests = Manifests(home.path)
    made = [m for m in manifests.versions("recommender", f"{name}|") if Cell.names(m.partition)]
    made.sort(key=lambda m: m.partition)
    rows = []
    for partition, versions in groupby(made, key=lambda m: m.partition):
        current = manifests.require("recommender", partition).data_version
        rows += [
            _version(home, m, number, m.data_version == current, present) for number, m in enumerate(versions, start=1)
        ]
    return rows


def _version(home: Home, m: Manifest, number: int, current: bool, present: dict[str, Any]) -> dict[str, Any]:
    cell, kept = Cell.parse(m.partition), place(home, m.partition, m.data_version)
    folder = cell.folder(home) if current else kept if kept.exists() else None
    holder = present.get(cell.protocol, {})
    files = [{"path": path, "bytes": size, "sha256": m.hashes.get(path)} for path, size in m.files.items()]
    return {
        **vars(cell), "study": study_of(cell.model, cell.variant), "number": number, "version": m.data_version,
        "code_version": m.code_version, "run_id": m.run_id, "created_at": timestamp(m.created_at),
        "valid_rmse": m.metadata.get("valid_rmse"), "fit_seconds": m.metadata.get("fit_seconds"), "current": current,
        "champion": (holder.get("version"), holder.get("model")) == (m.data_version, cell.model),
        "folder": folder and str(folder.relative_to(home.path)), "files": files,
    }  # fmt: skip


def _publish_lists(
    connection: duckdb.DuckDBPyConnection, home: Home, name: str, champion: dict[str, Any] | None
) -> None:
    lists = home.lake / name / LISTS
    if not lists.exists():
        return
    versions = [(Cell.parse(cell).model, version) for cell, version in _listed(home, name).items()]
    if champion and (own := (champion["model"], champion["version"])) not in versions:
        cell = Cell(*(champion[key] for key in ("dataset", "model", "protocol", "seed", "variant"))).partition
        kept = place(home, cell, champion["version"]) / LISTS
        if kept.exists():
            # The lists that this version made in its time stand in the place of those of the model as it is now.
            _add_lists(connection, kept, [own])
            _add_lists(connection, lists, versions, without=champion["model"])
            return
    _add_lists(connection, lists, versions)


def _add_lists(
    connection: duckdb.DuckDBPyConnection, file: Path, versions: list[tuple[str, str]], without: str | None = None
) -> None:
    connection.register("listed_versions", pd.DataFrame(versions, columns=["model", "version"], dtype="string"))
    query = f"INSERT INTO recommendations BY NAME {sql('serving/recommendations')}"
    connection.execute(query, {"file": str(file), "without": without})
    connection.unregister("listed_versions")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        insert(connection, table, pd.DataFrame(rows))
