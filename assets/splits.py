"""Protocols -> deterministic folds: which interaction is train, valid or test under a protocol and a seed."""

import dagster as dg
import numpy as np
from pydantic import Field

from assets.datasets import Dataset, dataset
from assets.files import atomic_file, digest
from assets.home import Home
from assets.manifests import Manifests
from assets.matrices import Catalog, load_catalog
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, materialize
from models.splits import PROTOCOLS, TEST, TRAIN, VALID, refuse_leakage, split

CODE_VERSION = "2"
BASIS = "interactions"
"""The key under which a fold file keeps the data version of the interactions that it was made of."""


class Evaluation(dg.Config):
    """Under which protocols and seeds to evaluate; empty means what datasets.toml says for the dataset."""

    protocols: list[str] = Field(default=[], description=f"Protocols, of: {', '.join(PROTOCOLS)}.")
    seeds: list[int] = Field(default=[], description="Seeds of the split and of the training, whole numbers from 0.")

    def cells(self, about: Dataset) -> list[tuple[str, int]]:
        """(protocol, seed) pairs, protocol by protocol. Raises ValueError for an unknown protocol."""
        protocols = self.protocols or list(about.protocols)
        unknown = [name for name in protocols if name not in PROTOCOLS]
        if unknown:
            raise ValueError(f"no protocol {unknown[0]!r}; there are: {', '.join(PROTOCOLS)}")
        return [(protocol, seed) for protocol in protocols for seed in (self.seeds or about.seeds)]


@dg.asset(
    deps=["interactions", "users", "items"],
    group_name="splits",
    partitions_def=BY_DATASET,
    kinds={"parquet"},
    code_version=CODE_VERSION,
)
def folds(context: dg.AssetExecutionContext, config: Evaluation, home: Home) -> dg.MaterializeResult:
    """The fold of every interaction, one file per protocol and seed; a pure function of data, protocol and seed."""
    about = dataset(context.partition_key)
    cells = config.cells(about)

    def compute(say: Say) -> Output:
        catalog = load_catalog(home, about.name)
        counts = [_write(home, about.name, catalog, protocol, seed, say) for protocol, seed in cells]
        files = [home.fold(about.name, protocol, seed) for protocol, seed in cells]
        lines = ["| protocol | seed | train | valid | test |", "|---|---|---|---|---|", *counts]
        # The version says of what data and by which code folds are made, not which of them were asked for this time.
        basis = Manifests(home.path).require("interactions", about.name).data_version
        return Output(digest(basis, CODE_VERSION), len(catalog.interactions), files, {"folds": "\n".join(lines)})

    upstream = dict.fromkeys(("interactions", "users", "items"), about.name)
    return materialize(context, home, upstream=upstream, config=cells, compute=compute)


def _write(home: Home, name: str, catalog: Catalog, protocol: str, seed: int, say: Say) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    official = catalog.official_test if catalog.official_test.any() else None
    assigned = split(protocol, catalog.interactions, seed, official)
    refuse_leakage(protocol, catalog.interactions, assigned)
    basis = {BASIS: Manifests(home.path).require("interactions", name).data_version}
    with atomic_file(home.fold(name, protocol, seed)) as path:
        pq.write_table(pa.table({"fold": assigned}).replace_schema_metadata(basis), path)
    sizes = [int((assigned == fold).sum()) for fold in (TRAIN, VALID, TEST)]
    say(f"{name} {protocol} seed {seed}: {sizes[0]:,} train, {sizes[1]:,} valid, {sizes[2]:,} test")
    return f"| {protocol} | {seed} | {sizes[0]:,} | {sizes[1]:,} | {sizes[2]:,} |"


def load_fold(home: Home, name: str, protocol: str, seed: int) -> np.ndarray:
    """int8 [n]: the fold of every interaction. Raises LookupError where it is missing or made of other interactions."""
    import pyarrow.parquet as pq

    path = home.fold(name, protocol, seed)
    basis = Manifests(home.path).require("interactions", name).data_version
    table = pq.read_table(path) if path.exists() else None
    if table is None or (table.schema.metadata or {}).get(BASIS.encode()) != basis.encode():
        raise LookupError(
            f"{name}: the folds of {protocol}, seed {seed}, are not there or not of the current interactions; "
            "materialize `folds` with this protocol and seed first, or use `trifuse run`."
        )
    return table.column("fold").to_numpy()
