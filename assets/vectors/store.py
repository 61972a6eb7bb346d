"""The vectors of one encoder: Parquet shards of (key, vector) in a folder named after it.

A key is the SHA-256 of the encoder's key and the SHA-256 of the content (cleaned text, or the picture file's bytes),
so equal contents of all datasets share one vector, and a vector can never be taken for another encoder's. A shard takes
its name only when it is whole; it is never changed, only replaced by `collect`.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np

from assets.files import atomic_file, read_json, write_json
from models.encoders.encoder import EncoderIdentity

ABOUT = "encoder.json"


@dataclass
class Store:
    """Whole shards, written by any number of processes at once; a key stands in one shard only.

    run: begins the names of the shards that this run writes, here or on other machines; they share no key.
    known: shards that were there when the run began; it asks for none of their keys again.
    """

    folder: Path
    dimension: int
    run: str
    known: frozenset[str]

    @classmethod
    def of(cls, root: Path, identity: EncoderIdentity) -> Store:
        """The store of an encoder below `root`; made where there is none. Raises ValueError where another's is."""
        slug = re.sub("[^a-z0-9]+", "-", identity.name.lower()).strip("-")[-40:]
        folder = root / f"{slug}-{identity.key()[:16]}"
        about = asdict(identity) | {"key": identity.key()}
        if not (folder / ABOUT).exists():
            write_json(folder / ABOUT, about)
        if (found := read_json(folder / ABOUT).get("key")) != identity.key():
            raise ValueError(f"{folder / ABOUT} is of the encoder {found}, not of {identity.key()}. Delete the folder.")
        known = frozenset(path.name for path in shards_in(folder))
        return cls(folder, identity.dimension, uuid4().hex[:12], known)

    def files(self) -> list[Path]:
        """All whole shards, in order of name."""
        return shards_in(self.folder)

    def place(self, number: int) -> Path:
        """The file of this run's shard of that number, whether it is there or not."""
        return self.folder / f"{self.run}-{number:05}.parquet"

    def add(self, number: int, keys: list[str], vectors: np.ndarray) -> int:
        """Write a shard: float32 [len(keys), d]. Returns its rows: what another run has added meanwhile is left out.

        Raises ValueError for vectors of another shape, or with a value that is no number.
        """
        if vectors.shape != (len(keys), self.dimension):
            raise ValueError(
                f"{self.folder.name}: {len(keys)} keys of {self.dimension} numbers, but vectors are {vectors.shape}"
            )
        if bad := [key for key, finite in zip(keys, np.isfinite(vectors).all(axis=1), strict=True) if not finite]:
            raise ValueError(
                f"{self.folder.name}: the encoder gave NaN or infinity for {len(bad)} of {len(keys)} contents, "
                f"{bad[0]} for example. Its weights may be damaged; with bfloat16, try precision float32."
            )
        with locked(self.folder / ".adding", shared=False):
            there = self._added_meanwhile()
            rows = [row for row, key in enumerate(keys) if key not in there]
            if rows:
                write_shard(self.place(number), [keys[row] for row in rows], vectors[rows])
        return len(rows)

    def _added_meanwhile(self) -> set[str]:
        """Keys of shards that other runs wrote since this one began."""
        import pyarrow.parquet as pq

        new = [path for path in self.files() if path.name not in self.known and not path.name.startswith(self.run)]
        return {key for path in new for key in pq.read_table(path, columns=["key"]).column("key").to_pylist()}


def shards_in(folder: Path) -> list[Path]:
    """The whole shards of a store's folder, in order of name."""
    return sorted(folder.glob("*.parquet"))


def write_shard(path: Path, keys: list[str], vectors: np.ndarray) -> None:
    """One Parquet file of key and vector, float32 [len(keys), d]."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
    listed = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    table = pa.table({"key": pa.array(keys, pa.string()), "vector": listed})
    with atomic_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", use_dictionary=False)


@contextmanager
def locked(path: Path, *, shared: bool, wait: bool = True) -> Iterator[None]:
    """Hold an advisory lock on a file; it ends with the process. Raises BlockingIOError where it may not `wait`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield


def using(root: Path) -> Path:
    """The lock that who encodes shares, and who deletes vectors holds alone."""
    return root / ".using"
