"""Encodes what a dataset has and no shard holds yet: here, or on a Ray cluster; then says which content has which key.

A run that was killed goes on after its last whole shard: what is missing is found anew by looking at the shards.
"""

from __future__ import annotations

import ctypes
import gc
import platform
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.home import Home
from assets.lake import attached
from assets.steps import Say
from assets.vectors.contents import Contents, Source
from assets.vectors.identities import Lazy
from assets.vectors.meter import Meter
from assets.vectors.store import Store
from assets.vectors.todo import Shard, write_todo
from models.encoders.choice import EncoderChoice
from models.encoders.encoder import Encoder, EncoderIdentity


@dataclass(frozen=True)
class Encoded:
    """What became of a dataset's contents. identity, store: None where there was nothing to encode.

    facts: how many different contents were needed, from_cache and encoded; shards, items_per_second, and the encoder's
    telemetry where some were encoded.
    """

    rows: int
    identity: EncoderIdentity | None
    store: Store | None
    facts: dict[str, Any]


def encode(home: Home, dataset: str, choice: EncoderChoice, sources: list[Source], say: Say) -> Encoded:
    """Give every content of the sources a vector, and write each source's references.

    Whoever calls it shares the lock `store.using`, so that nobody deletes what is found here.
    """
    with attached(home, dataset) as connection:
        contents = Contents(connection, home, dataset, sources)
        encoded = Encoded(0, None, None, {"needed": 0, "from_cache": 0, "encoded": 0})
        if contents.want("")[0]:
            encoder = Lazy(choice, home.vectors, contents.corpus)
            identity = encoder.identity
            store = Store.of(home.vectors, identity)
            rows, needed = contents.want(identity.key())
            contents.know(store.files())
            name = f"{dataset}-{'-'.join(source.field for source in sources)}"
            with _work_folder(home.vectors / "work" / name) as folder:
                shards = write_todo(connection, folder / "todo.parquet")
                facts = _encode(home, choice, encoder, store, shards, needed, say) if shards else {"encoded": 0}
            facts = {"needed": needed, "from_cache": needed - facts["encoded"], **facts}
            encoded = Encoded(rows, identity, store, facts)
        key = encoded.identity.key() if encoded.identity else ""
        for source in sources:
            contents.write_references(source, key, home.embedding(dataset, source.field))
    return encoded


def give_back_memory() -> None:
    """Return what an encoder has freed to the system; by itself glibc keeps it (see models.encoders._compute)."""
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """An empty folder that is gone afterwards, and after the next run where this one is killed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _encode(
    home: Home, choice: EncoderChoice, encoder: Lazy, store: Store, shards: list[Shard], needed: int, say: Say
) -> dict[str, Any]:
    identity, missing = encoder.identity, sum(shard.rows for shard in shards)
    say(f"{needed:,} different contents, {missing:,} without a vector. {identity.description}")
    meter = Meter([(shard.rows, shard.size) for shard in shards], say)
    if home.ray_address and not encoder.learns:
        from assets.vectors.cluster import encode_on_cluster

        telemetry = encode_on_cluster(choice, identity, shards, store, meter, home.ray_address)
    else:
        telemetry = encode_here(encoder.get(), shards, store, meter)
    rate = round(meter.rate, 2) if meter.rate else None
    return {"encoded": missing, "shards": len(shards), "items_per_second": rate, **telemetry}


def encode_here(encoder: Encoder, shards: list[Shard], store: Store, meter: Meter) -> dict[str, Any]:
    """Encode shards in this process, one after the other; each is kept as soon as it is whole. Returns telemetry."""
    from assets.vectors.utilization import Utilization

    taken: deque[tuple[Shard, list[str]]] = deque()  # by the encoder, and not given back yet

    def contents() -> Iterator[list[Any]]:
        for shard in shards:
            keys, content = shard.read()
            taken.append((shard, keys))
            yield content

    meter.start()
    with Utilization() as utilization:
        for vectors in encoder.stream(contents(), meter.advance):
            shard, keys = taken.popleft()
            store.add(shard.number, keys, vectors)
    return encoder.telemetry | utilization.facts()
