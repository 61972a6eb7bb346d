"""Training and ranking over a real Ray cluster of two nodes, all on this machine, against the same done here."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from assets import cluster
from assets.cells import Cell
from assets.cluster import kept, spread
from assets.datasets import dataset
from assets.files import read_json, sha256_of
from assets.home import Home
from assets.matrices import load_catalog
from assets.recommendations import recommendations
from assets.recommenders import Workshop, recommender
from assets.splits import _write as write_fold
from assets.steps import Say
from assets.trials import trials_of
from models.baselines.svd import BiasedMF
from models.tuning import search
from tests.assets.trained_home import NAME, PROTOCOL, TrainedHome, silent

SEEDS, MODELS = (0, 1, 2), ("item-cf", "svd")
TIMED = ("fit_seconds", "peak_memory_mb", "curve")
"""Of a training's record, what tells how long it took; the curve has the seconds of each epoch."""


@dataclass
class Clerk:
    """Notes which node began what, and squares when it may go on."""

    home: Home

    @property
    def folder(self) -> Path:
        return self.home.path

    def square(self, number: int, say: Say) -> int:
        import ray

        node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"
        (self.folder / f"{number} {node} {os.getpid()} {self.home.device}").touch()
        while not (self.folder / "go").exists():
            time.sleep(0.02)
        if number < 0:
            raise ValueError(f"{number} is below zero")
        say(f"{number} squared")
        return number * number

    def trial(self, settings: dict[str, int]) -> tuple[int, None]:
        """Of a search for the lowest square: begun on both nodes before any ends, and that of 3 is killed once."""
        again = any(number == "3" for number, *_ in self.begun())
        square = self.square(settings["number"], silent)
        while len({node for _, node, *_ in self.begun()}) < 2:
            time.sleep(0.02)
        if settings["number"] == 3 and not again:
            os.kill(os.getpid(), signal.SIGKILL)
        return square, None

    def shares(self, say: Say) -> bool:
        return self.home.ray_address is not None

    def begun(self) -> list[list[str]]:
        """Number, node, process and device of each beginning."""
        return sorted(path.name.split() for path in self.folder.glob("* *"))


@pytest.fixture
def clerk(tmp_path, nodes) -> Clerk:
    (tmp_path / "go").touch()
    return Clerk(Home(root=str(tmp_path), threads=1, ray_address=nodes.address))


def jobs(*numbers: int) -> list[dict[str, int]]:
    return [{"number": number} for number in numbers]


def test_processes_are_kept_for_the_next_jobs_and_errors_come_in_their_own_words(clerk):
    with kept():
        for number in (1, 2):
            assert spread(clerk, Clerk.square, jobs(number), silent) == [number * number]
        assert len({process for _, _, process, _ in clerk.begun()}) == 1
        with pytest.raises(RuntimeError, match=r"Computing on Ray failed: .*-1 is below zero"):
            spread(clerk, Clerk.square, jobs(-1), silent)
        assert spread(clerk, Clerk.shares, [{}], silent) == [True], "there is a node to spare"
        assert spread(clerk, Clerk.shares, [{}, {}], silent) == [False, False]
    here = Clerk(clerk.home.model_copy(update={"ray_address": None}))
    with pytest.raises(ValueError, match="-1 is below zero"):
        spread(here, Clerk.square, jobs(-1), silent)


def test_trials_are_shared_and_one_whose_process_is_killed_is_made_again(clerk):
    said = []
    found = search({"number": (3, 1, 2)}, clerk.trial, map_trials=trials_of(clerk.home, said.append))
    assert (found.settings, found.loss, found.trials) == ({"number": 1}, 1, 3)
    assert [number for number, *_ in clerk.begun()] == ["1", "2", "3", "3"]
    assert len(said) == 1 and said[0].startswith("3 trials side by side on ")


def test_models_and_lists_of_two_nodes_are_those_made_here(tmp_path, nodes, monkeypatch):
    asked, connected = [], cluster.connected
    monkeypatch.setattr(cluster, "connected", lambda *about: asked.append(about[0]) or connected(*about))
    here = TrainedHome(tmp_path / "here")
    here.run_id = "run-1"
    here._data()
    for seed in SEEDS[1:]:
        write_fold(here.home, NAME, load_catalog(here.home, NAME), PROTOCOL, seed, silent)
    shutil.copytree(here.home.path, tmp_path / "there")
    there = Home(**here.home.model_dump() | {"root": str(tmp_path / "there"), "ray_address": nodes.address})
    with kept():
        workshop, said = Workshop(there, dataset(NAME), BiasedMF, BiasedMF.Config()), []
        spread(workshop, Workshop.train, [{"cell": Cell(NAME, "svd", PROTOCOL, 0, ""), "run_id": "run-1"}], said.append)
        assert any("3 trials side by side on" in line for line in said), "as it was the only training"
        for home in (here.home, there):
            train_and_rank(home)
    one, two = found(here.home), found(there)
    assert asked == [nodes.address] * (len(MODELS) + 2), "each model's cells and the lists were made there"
    assert one == two
    assert len(one) == len(SEEDS) * len(MODELS) * 3 + len(MODELS) + 1


def train_and_rank(home: Home) -> None:
    """All cells, and the lists of each model's first, as the UI does it."""
    config = dg.RunConfig({"recommender": {"config": {"protocols": [PROTOCOL], "seeds": list(SEEDS)}}})
    for model in MODELS:
        key = dg.MultiPartitionKey({"dataset": NAME, "model": model})
        assert dg.materialize([recommender], partition_key=key, resources={"home": home}, run_config=config).success
    assert dg.materialize([recommendations], partition_key=NAME, resources={"home": home}).success


def found(home: Home) -> dict[str, object]:
    """What was made: content of records, with what was tried and chosen, and hashes of all else."""
    paths = [*home.artifacts.rglob("*.*"), home.lake / NAME / "recommendations.parquet"]
    files = [path for path in paths if path.is_file() and path.suffix in (".parquet", ".safetensors", ".json")]
    return {str(path.relative_to(home.path)): content(path) for path in files if path.name != "model.json"}


def content(path: Path) -> object:
    if path.name != "record.json":
        return sha256_of(path)
    record = read_json(path)
    epochs = [epoch | {"seconds": 0} for epoch in record["curve"]]
    return {name: value for name, value in record.items() if name not in TIMED} | {"epochs": epochs}


def test_jobs_of_a_lost_node_are_done_by_another_and_all_come_in_order(clerk, nodes):
    (clerk.folder / "go").unlink()

    def lose() -> None:
        while len({node for _, node, *_ in clerk.begun()}) < 2:
            time.sleep(0.05)
        nodes.lose()
        (clerk.folder / "go").touch()

    thread, said = threading.Thread(target=lose, daemon=True), []
    thread.start()
    assert spread(clerk, Clerk.square, jobs(5, 3, 4, 1), said.append) == [25, 9, 16, 1]
    thread.join()
    assert len(clerk.begun()) == 5, "one was begun twice"
    assert set(said) == {f"{number} squared" for number in (1, 3, 4, 5)}
