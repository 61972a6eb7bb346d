"""A small finished dataset for tests of the report, written as the assets write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from assets.cells import Cell
from assets.datasets import dataset
from assets.files import digest, write_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.reports.item_space import unit
from assets.reports.material import Material, load_material
from assets.reports.page import contents
from assets.reports.rendering import render
from assets.studies.declared import study_of
from models.splits import TEST

NAME = "ml-100k"
USERS, ITEMS = 12, 10
HOSTILE = "<script>alert('film')</script>"


def two_groups(n: int = 60, width: int = 8, spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """float32 [n, width] around two directions, by turns, and which of the two each is."""
    codes = np.arange(n) % 2
    noise = np.random.default_rng(0).normal(0, spread, (n, width))
    return unit((np.eye(width)[codes] + noise).astype(np.float32)), codes


class Shop:
    """Ratings follow the item; item 0 has a hostile title. categories: of each item, as the items table has them."""

    def __init__(
        self, root: Path, *, times: bool = True, items: int = ITEMS, categories: list[list[str]] | None = None
    ) -> None:
        self.n_items = items
        self.home = Home(root=str(root / "home"), raw=str(root / "raw"))
        self.metrics: list[dict] = []
        self.lists: list[dict] = []
        self.random = np.random.default_rng(0)
        self._catalog(times, categories)
        self._staging()

    def _catalog(self, times: bool, categories: list[list[str]] | None) -> None:
        n = self.n_items
        users, items = np.divmod(np.arange(USERS * n), n)
        self.ratings = np.clip(np.round(3 + (items % 3) - 1 + self.random.normal(0, 1, len(items))), 1, 5)
        self.users, self.items = [f"u{u:02}" for u in range(USERS)], [f"i{i}" for i in range(n)]
        times_of = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(users)), unit="D")
        titles = [HOSTILE, *(f"Film {i} & more" for i in range(1, n))]
        pictured = [i == 1 for i in range(n)]
        self._table("users", {"user_id": self.users, "attributes": '{"age": 30, "zip": "12345"}', "interactions": n})
        self._table(
            "items",
            {
                "item_id": self.items,
                "title": titles,
                "has_text": True,
                "has_image": pictured,
                "brand": None,
                "categories": categories,
            },
        )
        self._table(
            "interactions",
            {
                "user_id": np.array(self.users)[users], "item_id": np.array(self.items)[items],
                "rating": self.ratings, "ts": times_of if times else pd.NaT, "official_test": False,
            },
        )  # fmt: skip
        self.owner = users
        manifest = Manifest("interactions", NAME, "run", "1", "f", "v1", {})
        Manifests(self.home.path).save(manifest)

    def _table(self, name: str, columns: dict) -> None:
        frame = pd.DataFrame(columns)
        path = self.home.table(NAME, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if "ts" in frame:
            frame["ts"] = frame.ts.astype("datetime64[us]")
        frame.to_parquet(path, index=False)

    def _staging(self) -> None:
        folder = self.home.lake / NAME / "staging"
        folder.mkdir(parents=True)
        audit = {"source_file": "u.data", "sha256": "0" * 64, "bytes": 5, "rows_read": 121, "rows_loaded": 120}
        pd.DataFrame([audit | {"rows_rejected": 1, "rows_duplicate": 0}]).to_parquet(folder / "ingest_audit.parquet")
        reject = {"source_file": "u.data", "line": 7, "stage": "staging", "reason": "no rating", "raw": "<b>bad</b>"}
        pd.DataFrame([reject]).to_parquet(folder / "rejects.parquet")
        upstream = {"file:ml-100k/u.data": "ab" * 32}
        Manifests(self.home.path).save(Manifest("raw_files", NAME, "run", "1", "f", "v", upstream))

    def with_pictures(self) -> Shop:
        """Item 1 has a picture that is there, item 2 one that is broken."""
        folder = Path(self.home.raw)
        folder.mkdir(parents=True)
        Image.new("CMYK", (300, 450), (0, 200, 200, 0)).save(folder / "one.jpg")
        (folder / "two.jpg").write_text("<html>404</html>")
        rows = {
            "item_id": ["i1", "i2"],
            "path": ["one.jpg", "two.jpg"],
            "status": "found",
            "reason": None,
            "fetched_at": pd.NaT,
        }
        self._table("images", rows)
        return self

    def with_vectors(self, field: str, vectors: np.ndarray) -> Shop:
        """Pretend that an encoder made these of the items: float32 [items, d]."""
        path = self.home.matrix(NAME, field)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors.astype(np.float32))
        return self

    def train(self, model: str, spread: float, protocol: str = "xia2024", seed: int = 0, variant: str = "") -> Shop:
        """Pretend that a model predicted every test rating with errors of this standard deviation."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        fold = (np.arange(len(self.ratings)) * 7 + seed) % 4
        fold = np.where(fold == 3, TEST, np.minimum(fold, 1)).astype(np.int8)
        path = self.home.fold(NAME, protocol, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"fold": fold}).replace_schema_metadata({"interactions": "v1"}), path)
        truth = self.ratings[fold == TEST]
        predicted = truth + self.random.normal(0, spread, len(truth))
        self._record(Cell(NAME, model, protocol, seed, variant), truth, predicted)
        return self

    def _record(self, cell: Cell, truth: np.ndarray, predicted: np.ndarray) -> None:
        folder, version = cell.folder(self.home), digest(cell.partition)
        folder.mkdir(parents=True)
        pd.DataFrame({"prediction": predicted}).to_parquet(folder / "predictions.parquet")
        curve = (
            [{"epoch": e, "train_rmse": 1 / e, "valid_rmse": 1.1 / e} for e in (1, 2, 3)] if cell.model == "svd" else []
        )
        write_json(folder / "record.json", {"curve": curve})
        Manifests(self.home.path).save(Manifest("recommender", cell.partition, "run", "1", "f", version, {}))
        common = vars(cell) | {"study": study_of(cell.model, cell.variant), "trials": 1, "run_id": "run" * 4}
        common |= {"fit_seconds": 1.0, "peak_memory_mb": 100.0, "device": "cpu"}
        common |= {"data_version": version, "code_version": "1", "ci_low": None, "ci_high": None, "n": None, "k": None}
        rmse = float(np.sqrt(np.mean((truth - predicted) ** 2)))
        measured = {"metric": "rmse", "value": rmse, "ci_low": rmse - 0.1, "ci_high": rmse + 0.1, "n": len(truth)}
        if cell.protocol == "global-time":
            measured = {"metric": "recall", "k": 20, "value": 0.2, "n": 9}
        for row in (measured, {"metric": "valid_rmse", "value": rmse}, {"metric": "train_rmse", "value": rmse / 2}):
            self.metrics.append(common | row | {"metric_id": digest(version, row["metric"])[:16]})

    def recommend(self, model: str) -> Shop:
        """Three items for every user, each with a hostile reason."""
        for user in self.users:
            rows = {"dataset": NAME, "model": model, "user_id": user, "why": "near <i>Film</i>"}
            self.lists += [rows | {"rank": r + 1, "item_id": self.items[r], "score": 5.0 - r} for r in range(3)]
        return self

    def material(self) -> Material:
        """What the report is written from."""
        lake = self.home.lake / NAME
        rows = pd.DataFrame(self.metrics).astype({"k": "Int32", "n": "Int64", "ci_low": float, "ci_high": float})
        rows.to_parquet(lake / "metrics.parquet", index=False)
        columns = ["dataset", "model", "user_id", "rank", "item_id", "score", "why"]
        pd.DataFrame(self.lists, columns=columns).to_parquet(lake / "recommendations.parquet", index=False)
        return load_material(self.home, dataset(NAME))

    def page(self) -> dict:
        """The contents of the report."""
        return contents(self.material(), lambda line: None)

    def html(self) -> str:
        """All pages of the report, one behind the other."""
        return html(self.page())


def html(contents: dict) -> str:
    """All pages of these contents, one behind the other."""
    return "\n".join(render(contents).values())
