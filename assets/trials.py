"""The trials of one search, side by side on a Ray cluster with more nodes than there are trainings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from assets.cluster import connected, in_words
from assets.home import Home
from assets.steps import Say

if TYPE_CHECKING:
    from models.recommender import MapTrials

R = TypeVar("R")


def trials_of(home: Home, say: Say) -> MapTrials:
    """How a search evaluates its trials: one after the other by `map`, or side by side where home.ray_address is a
    cluster.

    There a trial takes one processor, of any node, and is done again if its node is lost; whoever waits takes none.
    """
    return partial(_side_by_side, home, say) if home.ray_address else map


def _side_by_side(home: Home, say: Say, evaluate: Callable[[Any], R], settings: list[Any]) -> list[R]:
    if len(settings) < 2:
        return [evaluate(one) for one in settings]
    with connected(home.ray_address, home.threads) as ray, in_words("A trial"):
        remote, there = ray.remote(_try).options(num_cpus=1), ray.put(evaluate)
        nodes, results = zip(*ray.get([remote.remote(there, one) for one in settings]), strict=True)
    say(f"{len(results)} trials side by side on {len(set(nodes))} nodes of the Ray cluster")
    return list(results)


def _try(evaluate: Callable[[Any], R], settings: Any) -> tuple[str, R]:
    """The node that a trial was made on, and its result."""
    import ray

    return ray.get_runtime_context().get_node_id(), evaluate(settings)
