"""The same encode over a Ray cluster: shards go to actors that hold the encoder; a lost node's shards go to others.

Every node has Trifuse installed and sees the same folders (TRIFUSE_HOME, TRIFUSE_WEIGHTS, the pictures) under the same
paths. Actors write into the same store as a local run: same shards, same keys, same vectors; only counts travel back.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from assets.cluster import connected, in_words, place
from assets.vectors.meter import Meter
from assets.vectors.store import Store
from assets.vectors.todo import Shard
from models.encoders.choice import EncoderChoice
from models.encoders.encoder import EncoderIdentity


def encode_on_cluster(
    choice: EncoderChoice, identity: EncoderIdentity, shards: list[Shard], store: Store, meter: Meter, address: str
) -> dict[str, Any]:
    """Encode shards on the cluster at `address`, as of `assets.cluster.connected`. Returns telemetry.

    Raises what that raises, and RuntimeError where an actor fails.
    """
    with connected(address, choice.threads) as ray:
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars, context.raise_original_map_exception = False, True
        need, actors = place(ray, choice.threads or 1)
        arguments = {
            "choice": replace(choice, device="cuda" if "num_gpus" in need else "cpu", precision=identity.precision),
            "store": store, "key": identity.key(),
        }  # fmt: skip
        work = ray.data.from_items([_row(shard) for shard in shards], override_num_blocks=len(shards)).map_batches(
            ShardEncoder, fn_constructor_kwargs=arguments, batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(actors, len(shards))), **need,
        )  # fmt: skip
        meter.start()
        by_node, telemetry = Counter[str](), {}
        with in_words("Encoding"):
            for done in work.iter_rows():
                meter.advance(int(done["rows"]))
                by_node[done["node"]] += 1
                telemetry = json.loads(done["telemetry"])
    return telemetry | {"ray_actors": min(actors, len(shards)), "ray_shards_by_node": dict(by_node)}


class ShardEncoder:
    """An actor: loads the encoder once, then encodes one shard after the other."""

    def __init__(self, choice: EncoderChoice, store: Store, key: str) -> None:
        """Raises RuntimeError where this node's encoder is not the one with this key."""
        import ray

        self._encoder, self._store = choice.load(), store
        self._node = ray.get_runtime_context().get_node_id()
        if self._encoder.identity.key() != key:
            raise RuntimeError(
                f"Ray's node {self._node} would make other vectors than were asked for: it has "
                f"{self._encoder.identity}. All nodes need the same weights and the same libraries."
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Encode one shard, unless it was finished by a node that died before it could say so."""
        shard = Shard(Path(batch["path"][0]), *(int(batch[name][0]) for name in ("number", "rows", "size")))
        if not self._store.place(shard.number).exists():
            keys, contents = shard.read()
            self._store.add(shard.number, keys, next(iter(self._encoder.stream([contents]))))
        return {"rows": [shard.rows], "node": [self._node], "telemetry": [json.dumps(self._encoder.telemetry)]}


def _row(shard: Shard) -> dict[str, Any]:
    return asdict(shard) | {"path": str(shard.path)}
