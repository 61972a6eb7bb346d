"""The same encode over a Ray cluster: shards go to actors that hold the encoder; a lost node's shards go to others.

Every node has Trifuse installed and sees the same folders (TRIFUSE_HOME, TRIFUSE_WEIGHTS, the pictures) under the same
paths. Actors write into the same store as a local run: same shards, same keys, same vectors; only counts travel back.
"""

from __future__ import annotations

import json
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from assets.vectors.meter import Meter
from assets.vectors.store import Store
from assets.vectors.todo import Shard
from models.encoders.choice import EncoderChoice
from models.encoders.encoder import EncoderIdentity

LOCAL = "local"
"""The address that starts a cluster on this machine, for as long as the encode takes."""
OBJECT_STORE_BYTES = 150 * 2**20
"""Of such a cluster: only counts pass through it."""
ANSWER_SECONDS = 10.0
"""How long a cluster may take to answer."""


def encode_on_cluster(
    choice: EncoderChoice, identity: EncoderIdentity, shards: list[Shard], store: Store, meter: Meter, address: str
) -> dict[str, Any]:
    """Encode shards on the cluster at `address` (host:port, ray://host:port, auto, or LOCAL). Returns telemetry.

    Raises ModuleNotFoundError without Ray, ConnectionError where no cluster answers, RuntimeError where an actor fails.
    """
    with _connected(address, choice.threads) as ray:
        place, actors = _place(ray.cluster_resources(), choice)
        arguments = {
            "choice": replace(choice, device="cuda" if "num_gpus" in place else "cpu", precision=identity.precision),
            "store": store, "key": identity.key(),
        }  # fmt: skip
        work = ray.data.from_items([_row(shard) for shard in shards], override_num_blocks=len(shards)).map_batches(
            ShardEncoder, fn_constructor_kwargs=arguments, batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(actors, len(shards))), **place,
        )  # fmt: skip
        meter.start()
        by_node, telemetry = Counter[str](), {}
        for done in _rows(work):
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


def _place(resources: dict[str, float], choice: EncoderChoice) -> tuple[dict[str, float], int]:
    """What an actor takes of a node, and how many of them the cluster can hold."""
    if gpus := int(resources.get("GPU", 0)):
        return {"num_gpus": 1}, gpus
    threads = choice.threads or 1
    return {"num_cpus": threads}, max(1, int(resources.get("CPU", 1)) // threads)


def _rows(work: Any) -> Iterator[dict[str, Any]]:
    """Rows as actors finish them, with an actor's own words where one fails."""
    from ray.exceptions import RayError

    try:
        yield from work.iter_rows()
    except RayError as error:
        cause = error.__cause__ or error
        raise RuntimeError(f"Encoding on Ray failed: {cause}") from error


def _require_answer(address: str) -> None:
    """Raises ConnectionError where nobody listens at host:port; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host:
        return  # `local`, or `auto`, which Ray looks up by itself
    try:
        socket.create_connection((host, int(port)), ANSWER_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"No Ray cluster answers at TRIFUSE_RAY_ADDRESS={address} ({error}). Start one (`ray start --head`), set "
            "the variable to host:port, ray://host:port or local, or unset it to encode in this process."
        ) from error


@contextmanager
def _connected(address: str, threads: int | None) -> Iterator[Any]:
    """Ray, connected; disconnected afterwards where it was not before."""
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "TRIFUSE_RAY_ADDRESS is set, but Ray is not installed. Install it with `pip install trifuse[ray]`, or "
            "unset the variable to encode in this process."
        ) from error
    ours = not ray.is_initialized()
    if ours:
        _require_answer(address)
        quiet = {"logging_level": logging.WARNING, "log_to_driver": False}
        local = {"num_cpus": threads or 1, "include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
        ray.init(**quiet, **(local if address == LOCAL else {"address": address}))
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield ray
    finally:
        if ours:
            ray.shutdown()
