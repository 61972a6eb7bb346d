"""Work of equal kind, shared among the nodes of a Ray cluster, or done here one after the other where there is none.

Every node has Trifuse installed and sees the same folders (TRIFUSE_HOME, TRIFUSE_WEIGHTS, the raw files) under the same
paths: what is made is written there, as it would be here, and only its record travels back.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from assets.home import Home
from assets.steps import Say

LOCAL = "local"
"""The address that starts a cluster on this machine, for as long as it is needed."""
OBJECT_STORE_BYTES = 150 * 2**20
"""Of such a cluster: only records pass through it."""
ANSWER_SECONDS = 10.0
"""How long a cluster may take to answer."""
TELL_SECONDS = 0.5
"""How often lines of progress are fetched."""
WAITING_SECONDS = 30.0
"""How often it is told that no node can compute."""


class Worker(Protocol):
    """Whoever does the work. A copy goes to each node, whose `home` is told what is there to compute with."""

    home: Home


W, R = TypeVar("W", bound=Worker), TypeVar("R")


def spread(worker: W, work: Callable[..., R], jobs: list[dict[str, Any]], say: Say) -> list[R]:
    """[work(worker, **job, say=say) for job in jobs], in that order; side by side where home.ray_address is a cluster.

    A job whose node is lost is done again on another, so that a job done twice must leave what it leaves done once.
    Where there are fewer jobs than nodes, the home of a worker there keeps its ray_address, so that parts of its job
    can be shared in turn (`assets.trials`); else that would only have more jobs begun at a time.
    Raises what `work` raises; on a cluster RuntimeError with its words, ConnectionError and ModuleNotFoundError as
    `connected`.
    """
    home = worker.home
    if not home.ray_address:
        return [work(worker, **job, say=say) for job in jobs]
    with connected(home.ray_address, home.threads) as ray:
        need, places = place(ray, home.threads)
        shares = home.ray_address if len(jobs) < places else None
        lines = _lines(ray.get_runtime_context().get_job_id())
        remote, there = ray.remote(_do).options(**need), ray.put(worker)
        on = {"ray_address": shares, "device": "cuda" if "num_gpus" in need else "cpu"}
        made = [remote.remote(there, work, job, lines, on) for job in jobs]
        with in_words("Computing"):
            _follow(ray, made, lines, say)
            return ray.get(made)


def _do(worker: W, work: Callable[..., R], job: dict[str, Any], lines: Any, on: dict[str, Any]) -> R:
    """One job, on a node."""
    import ray

    worker.home = worker.home.model_copy(update=on)
    return work(worker, **job, say=lambda line: ray.get(lines.say.remote(line)))


def _follow(ray: Any, made: list[Any], lines: Any, say: Say) -> None:
    """Tell what is said, until all is made. Raises the first error; then what has not begun does not begin."""
    waiting, told = list(made), time.monotonic()
    try:
        while waiting:
            done, waiting = ray.wait(waiting, timeout=TELL_SECONDS)
            for line in ray.get(lines.take.remote()):
                say(line)
            ray.get(done)
            if done or ray.cluster_resources().get("CPU"):
                told = time.monotonic()
            elif time.monotonic() - told > WAITING_SECONDS:
                told = time.monotonic()
                say(f"no node of the Ray cluster can compute: {len(waiting)} jobs wait for one")
    finally:
        for one in waiting:
            ray.cancel(one)


class Lines:
    """An actor beside whoever asked: keeps what nodes say until it is taken."""

    def __init__(self) -> None:
        self._kept: list[str] = []

    def say(self, line: str) -> None:
        """Keep one line."""
        self._kept.append(line)

    def take(self) -> list[str]:
        """What was said since the last time."""
        taken, self._kept = self._kept, []
        return taken


@lru_cache(1)
def _lines(_connection: str) -> Any:
    """The one of this connection; on this node, which is lost only together with who asks."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Lines).options(num_cpus=0, scheduling_strategy=here).remote()


def place(ray: Any, threads: int) -> tuple[dict[str, float], int]:
    """What a piece of work takes of a node, a GPU where the cluster has some, and how many the cluster can hold."""
    resources = ray.cluster_resources()
    if gpus := int(resources.get("GPU", 0)):
        return {"num_gpus": 1}, gpus
    # A node with fewer processors than threads were asked for is to be used all the same.
    largest = max((node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]), default=0)
    processors = min(threads, int(largest)) or 1
    return {"num_cpus": processors}, max(1, int(resources.get("CPU", 1)) // processors)


@contextmanager
def in_words(doing: str) -> Iterator[None]:
    """What fails on a node is told in the words that it was raised with. Raises RuntimeError."""
    from ray.exceptions import RayError

    try:
        yield
    except RayError as error:
        cause = getattr(error, "cause", None) or error
        raise RuntimeError(f"{doing} on Ray failed: {cause}") from error


@contextmanager
def connected(address: str, threads: int | None) -> Iterator[Any]:
    """Ray, connected to the cluster at `address`: host:port, ray://host:port, auto, or LOCAL.

    Disconnected afterwards where it was not connected before, unless it is to be `kept`. Raises ModuleNotFoundError
    without Ray, ConnectionError where no cluster answers.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "TRIFUSE_RAY_ADDRESS is set, but Ray is not installed. Install it with `pip install trifuse[ray]`, or "
            "unset the variable to compute in this process."
        ) from error
    with ExitStack() as ours:
        if not ray.is_initialized():
            _require_answer(address)
            quiet = {"logging_level": logging.WARNING, "log_to_driver": False}
            local = {"num_cpus": threads or 1, "include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
            ray.init(**quiet, **_registry(), **(local if address == LOCAL else {"address": address}))
            (_kept[-1] if _kept else ours).callback(ray.shutdown)
        yield ray


_kept: list[ExitStack] = []


@contextmanager
def kept() -> Iterator[None]:
    """Within this, the first connection stays: nodes' processes, which take seconds to import all, are used again."""
    with ExitStack() as stack:
        _kept.append(stack)
        try:
            yield
        finally:
            _kept.remove(stack)


def _registry() -> dict[str, Any]:
    """Nodes know the datasets that are known here."""
    named = os.environ.get("TRIFUSE_DATASETS")
    return {"runtime_env": {"env_vars": {"TRIFUSE_DATASETS": named}}} if named else {}


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
            "the variable to host:port, ray://host:port or local, or unset it to compute in this process."
        ) from error
