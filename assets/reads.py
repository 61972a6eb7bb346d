"""How often each trained model was held against test ratings: a line for every look, kept for ever."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assets.cells import Cell
from assets.files import alone
from assets.home import Home

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "dataset", "model", "protocol", "seed", "variant", "data_version", "judgement_version", "n", "run_id", "read_at",
)  # fmt: skip


def ledger(home: Home, name: str) -> Path:
    """The file of all looks at a dataset's test ratings, a line each."""
    return home.lake / name / "test_reads.jsonl"


def note_read(home: Home, cell: Cell, data_version: str, judgement_version: str, n: int, run_id: str) -> None:
    """Keep that the test predictions of a trained cell were judged by n test ratings."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    row = vars(cell) | {"data_version": data_version, "judgement_version": judgement_version, "n": n}
    place = ledger(home, cell.dataset)
    with alone(place), place.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row | {"run_id": run_id, "read_at": now}) + "\n")


def reads_of(home: Home, name: str) -> pd.DataFrame:
    """Every look at a dataset's test ratings, oldest first: COLUMNS."""
    import pandas as pd

    place = ledger(home, name)
    lines = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
    reads = pd.DataFrame([json.loads(line) for line in lines], columns=list(COLUMNS))
    reads["read_at"] = pd.to_datetime(reads.read_at, utc=True).dt.tz_localize(None)
    return reads.astype({"seed": "Int32", "n": "Int64"})
