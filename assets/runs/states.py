"""The state of a dataset after a run: every step that its numbers rest on, and the numbers. The latest are kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from assets.cells import Cell
from assets.files import atomic_folder, read_json
from assets.home import Home
from assets.lineage import timestamp
from assets.manifests import RAW, Manifest, Manifests, parted

STATES_KEPT = 50
"""Of a dataset; a state takes some ten kilobytes."""
ROOTS = ("metrics", "review_sentiment")
"""The assets whose numbers are kept."""
COUNTED = ("interactions", "users", "items", "reviews", "images")
"""Tables whose number of rows is kept as well."""
LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "transformers",
    "timm",
    "implicit",
    "myfm",
    "lightgbm",
    "duckdb",
)
Step = tuple[str, str]
"""(asset, partition); a raw file is ("file", path)."""


@dataclass(frozen=True)
class About:
    """Which run a state is of. run_id: the Dagster run that recorded it. command: all Dagster runs of one `trifuse run`
    share it, '' for a run from the UI. run_ids: of all steps that are new in this state."""

    dataset: str
    run_id: str
    command: str
    created_at: str
    libraries: dict[str, str]
    run_ids: list[str]

    @property
    def name(self) -> str:
        """The run as people write it."""
        return (self.command or self.run_id)[:8]

    @property
    def recorded(self) -> str:
        """When, to the second, UTC."""
        return self.created_at[:19]

    def is_of(self, start: str) -> bool:
        """Whether a run id that begins so is that of this state, or of a step that is new in it."""
        return bool(self.named(start))

    def named(self, start: str) -> set[str]:
        """The ids that begin so; of those of one command, the command's."""
        if self.command.startswith(start) and self.command:
            return {self.command}
        return {run_id for run_id in (self.run_id, *self.run_ids) if run_id.startswith(start)}


@dataclass
class State:
    """steps: asset, partition, data_version, code_version, run_id, parameters (JSON), upstream (of "asset@partition").
    numbers: kind, protocol, seed, model, variant, study, metric, k, value, metric_id, step ("asset@partition")."""

    about: About
    steps: pd.DataFrame
    numbers: pd.DataFrame


def chain(manifests: Manifests, name: str) -> dict[Step, Manifest]:
    """Every step that the numbers of a dataset rest on, as it is now or, where a step has been made anew since, was."""
    waiting = [m for root in ROOTS if (m := manifests.current(root, name))]
    found: dict[Step, Manifest] = {}
    while waiting:
        manifest = waiting.pop()
        if (manifest.asset, manifest.partition) not in found:
            found[manifest.asset, manifest.partition] = manifest
            keys = [(*parted(key), data_version) for key, data_version in manifest.upstream.items()]
            waiting += filter(None, (manifests.made(*key) for key in keys if key[0] != RAW))
            waiting += _judged(manifests, manifest)
    return found


def _judged(manifests: Manifests, trained: Manifest) -> list[Manifest]:
    """The measuring of a cell, which nothing names as upstream."""
    judged = manifests.current("judgement", trained.partition) if trained.asset == "recommender" else None
    return [judged] if judged and trained.data_version in judged.upstream.values() else []


def steps_of(home: Home, found: dict[Step, Manifest]) -> pd.DataFrame:
    """The steps as rows, raw files among them."""
    rows = {}
    for (asset, partition), m in found.items():
        upstream = {parted(key): data_version for key, data_version in m.upstream.items()}
        rows |= {step: (*step, sha256, "", "", "{}", []) for step, sha256 in upstream.items() if step[0] == RAW}
        parameters = json.dumps(parameters_of(home, m), sort_keys=True)
        above = [f"{one}@{other}" for one, other in upstream]
        rows[asset, partition] = (asset, partition, m.data_version, m.code_version, m.run_id, parameters, above)
    columns = ["asset", "partition", "data_version", "code_version", "run_id", "parameters", "upstream"]
    return pd.DataFrame(sorted(rows.values(), key=lambda row: row[:2]), columns=columns)


def parameters_of(home: Home, m: Manifest) -> dict[str, Any]:
    """What a step was told besides its data: a model's configuration, an encoder's identity, a folds' protocols."""
    if m.asset == "recommender" and Cell.names(m.partition):
        record = _record(Cell.parse(m.partition).folder(home) / "record.json")
        return {"device": record.get("device"), **record.get("config", {})}
    if m.asset == "sentiment_model":
        records = [_record(home.path / file) for file in m.files if file.endswith("record.json")]
        return {key: records[0].get(key) for key in ("seed", "allowed_seconds", "device", "texts")} if records else {}
    return m.metadata.get("identity") or {}


def _record(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}


def numbers_of(home: Home, name: str, found: dict[Step, Manifest]) -> pd.DataFrame:
    """Metrics, sentiment metrics and rows of tables."""
    parts = [_counted(name, found)]
    if ("metrics", name) in found:
        rows = pd.read_parquet(home.lake / name / "metrics.parquet")
        parts.append(rows.assign(kind="metric", step=[_measured_by(name, row) for row in rows.itertuples()]))
    if home.sentiment_metrics(name).exists() and ("review_sentiment", name) in found:
        rows = pd.read_parquet(home.sentiment_metrics(name))
        said = {"metric": rows["head"] + " " + rows.fold + " " + rows.metric, "kind": "sentiment"}
        parts.append(rows.assign(**said, step="sentiment_model@" + rows.dataset + "|" + rows.model))
    columns = ["kind", "protocol", "seed", "model", "variant", "study", "metric", "k", "value", "metric_id", "step"]
    kinds = {name: "string" for name in columns} | {"seed": "Int64", "k": "Int64", "value": "float64"}
    return pd.concat(part.reindex(columns=columns).astype(kinds) for part in parts)


def _measured_by(name: str, row: Any) -> str:
    cell = Cell(name, row.model, row.protocol, int(row.seed), row.variant).partition
    return f"{'recommender' if row.metric.startswith(('valid_', 'train_')) else 'judgement'}@{cell}"


def _counted(name: str, found: dict[Step, Manifest]) -> pd.DataFrame:
    rows = [(table, found[table, name].metadata.get("rows")) for table in COUNTED if (table, name) in found]
    return pd.DataFrame([{"kind": "rows", "metric": table, "value": n, "step": f"{table}@{name}"} for table, n in rows])


def libraries() -> dict[str, str]:
    """Versions of what computes."""
    return {name: version(name) for name in LIBRARIES}


def folder(home: Home, name: str) -> Path:
    """Where the states of a dataset are kept."""
    return home.lake / name / "runs"


def keep(home: Home, state: State) -> Path:
    """Add a state, and forget the oldest beyond STATES_KEPT."""
    place = folder(home, state.about.dataset)
    target = place / f"{state.about.created_at.replace(':', '')}-{state.about.run_id[:8]}"
    with atomic_folder(target) as part:
        state.steps.to_parquet(part / "steps.parquet", index=False)
        state.numbers.to_parquet(part / "numbers.parquet", index=False)
        (part / "about.json").write_text(json.dumps(asdict(state.about), indent=2))
    for old in _places(place)[:-STATES_KEPT]:
        shutil.rmtree(old)
    return target


def _places(place: Path) -> list[Path]:
    # Their names begin with the time.
    return sorted(path.parent for path in place.glob("*/about.json") if not path.parent.name.startswith("."))


def kept(home: Home, name: str) -> list[tuple[About, Path]]:
    """The states of a dataset, oldest first, and where each lies."""
    return [(About(**read_json(path / "about.json")), path) for path in _places(folder(home, name))]


def load(about: About, place: Path) -> State:
    """A kept state."""
    return State(about, pd.read_parquet(place / "steps.parquet"), pd.read_parquet(place / "numbers.parquet"))


def publish_runs(connection: duckdb.DuckDBPyConnection, home: Home, name: str) -> None:
    """Fill `runs` and `metric_history` of a dataset."""
    for about, place in kept(home, name):
        when = timestamp(about.created_at)
        steps = pq.read_metadata(place / "steps.parquet").num_rows
        row = [name, about.name, about.run_id, when, steps, about.run_ids, json.dumps(about.libraries)]
        connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        numbers = "SELECT ? AS dataset, ? AS run, ? AS recorded_at, * FROM read_parquet(?)"
        values = [name, about.name, when, str(place / "numbers.parquet")]
        connection.execute(f"INSERT INTO metric_history BY NAME {numbers}", values)
