"""What every recommender with a network shares: training, prediction in blocks, restarts, and what is saved."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.data import Features, Interactions
from models.encoders.compiling import faster
from models.heads import LinearHead, SoftmaxHead
from models.metrics import rmse
from models.packing import digest, pack, unpack
from models.recommender import FitReport, Progress, Recommender, silent
from models.training import Training, TrainingConfig, autocast, batch_size, train

COMPILE_FROM = 5_000_000
"""Ratings that a training goes through from which on the minute that compiling takes may be won back."""
PAIRS = {"cpu": 8192, "cuda": 262_144}
"""Pairs that are predicted at a time."""


class TorchConfig(TrainingConfig):
    """TrainingConfig's fields, and how many networks are averaged."""

    restarts: int = Field(1, ge=1, le=32)
    """Networks from different starts whose predictions are averaged."""
    compile: bool | None = None
    """Whether torch.compile makes the network's core faster. None: asked of a stopwatch, for long trainings on CUDA."""


class PairNetwork(nn.Module):
    """A network over (user, item) pairs that ends in a head of `models.heads`.

    It is given the train fold and the features when it is made, and keeps what it looks at as non-persistent buffers,
    so that `state_dict` holds learned weights only.
    """

    head: SoftmaxHead | LinearHead

    def core(self, batch: int) -> tuple[nn.Module, Tensor] | None:
        """The module that most of the time goes to, worth compiling, and an input of that batch size."""
        return None

    @abstractmethod
    def forward(self, users: Tensor, items: Tensor, rows: Tensor | None = None) -> Tensor:
        """The head's output for pairs of int64 [batch] indices.

        rows: in training, the train rows that the pairs are; whatever the network sees of a user's or item's other
        ratings must leave these out. None where pairs are predicted.
        """


class TorchRecommender(Recommender):
    """Trains `_network`s with `models.training` and averages their expected ratings.

    A subclass gives its network, and may narrow the features to what its variant looks at.
    """

    Config = TorchConfig

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._networks: list[PairNetwork] = []

    @abstractmethod
    def _network(self, train: Interactions, features: Features) -> PairNetwork:
        """A network with fresh weights, on the CPU; torch's generator is seeded."""

    def _narrowed(self, features: Features) -> Features:
        """The features that this variant looks at; also what is saved with the model."""
        return features

    def _training(self) -> TrainingConfig:
        """How the train fold is gone through; another than is configured where its size asks for that."""
        return self.config

    def _restarts(self) -> int:
        return self.config.restarts

    def fit(
        self,
        train: Interactions,
        valid: Interactions,
        features: Features,
        *,
        device: str = "cpu",
        progress: Progress = silent,
        checkpoint: Path | None = None,
    ) -> FitReport:
        """Train every restart, each with early stopping on `valid`; resumes from `checkpoint` after a kill."""
        if not len(train) or not len(valid):
            raise ValueError(f"{self.name}: {len(train)} train and {len(valid)} validation ratings; it needs both")
        self.device = device
        self._build(train, self._narrowed(features))
        key = self._key()
        report = FitReport(parameters=sum(p.numel() for n in self._networks for p in n.parameters()))
        for run, network in enumerate(self._networks):
            file = None if checkpoint is None else checkpoint / f"run-{run}.safetensors"
            done = self._fit_one(run, network, valid, progress, file, key)
            report.curve += [{"run": run} | row for row in done.curve]
            report.chosen[f"epochs_of_run_{run}"] = done.best_epoch
        report.chosen["valid_rmse"] = rmse(valid.ratings, self.predict(valid.users, valid.items, valid.timestamps))
        self._finish(valid, report, progress)
        return report

    def _finish(self, valid: Interactions, report: FitReport, progress: Progress) -> None:
        """What a model learns after its networks, and what it reports of that."""

    def _build(self, train: Interactions, features: Features) -> None:
        self._train, self._features = train, features
        self._networks = []
        with torch.random.fork_rng(devices=[]):
            for run in range(self._restarts()):
                torch.manual_seed(self.seed * 1009 + run)
                self._networks.append(self._network(train, features).to(self.device).eval())

    def _key(self) -> str:
        """All that a checkpoint depends on, in short."""
        about = f"{self.name} {self.version} {self.variant} {self.seed} {self.config.model_dump_json()}"
        return f"{about} {digest(pack(self._train, self._features))}"

    def _fit_one(
        self, run: int, network: PairNetwork, valid: Interactions, progress: Progress, file: Path | None, key: str
    ) -> Training:
        users, items = self._indices(self._train.users), self._indices(self._train.items)
        ratings = torch.from_numpy(self._train.ratings).to(self.device)

        def loss(rows: Tensor) -> tuple[Tensor, Tensor]:
            value, squared = network.head.loss(network(users[rows], items[rows], rows), ratings[rows])
            return value, squared.sum()

        def valid_rmse() -> float:
            return rmse(valid.ratings, np.clip(self._on(network, valid), *self._features.scale))

        self._compile(network, progress)
        label = " ".join(filter(None, (self.name, self.variant)))
        label += f" run {run + 1}/{len(self._networks)}" if len(self._networks) > 1 else ""
        return train(
            network, len(self._train), loss, valid_rmse, self._training(), seed=self.seed * 1009 + run,
            progress=lambda line: progress(f"{label}, {line}"), checkpoint=file, key=f"{key}/{run}",
        )  # fmt: skip

    def _compile(self, network: PairNetwork, progress: Progress) -> None:
        """Compile the network's core where it is asked for, or where it pays."""
        wanted, long = self.config.compile, len(self._train) * self.config.epochs >= COMPILE_FROM
        found = network.core(batch_size(len(self._train), self._training()))
        if found is None or wanted is False or (wanted is None and not (self.device == "cuda" and long)):
            return
        core, example = found
        if wanted is None:
            ways = [lambda x, run=run: run(x).sum().backward() for run in (core, torch.compile(core))]
            chosen, said = faster(*ways, (example,), torch.cuda.synchronize)
            network.zero_grad()
            progress(f"{self.name}: torch.compile: {said}")
            if chosen is ways[0]:
                return
        core.compile()

    @torch.no_grad()
    def _expected(self, network: PairNetwork, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float32 [n]: one network's expected ratings, not clipped."""
        out = [np.zeros(0, np.float32)]
        for start in range(0, len(users), PAIRS[self.device]):
            u, i = (self._indices(part[start : start + PAIRS[self.device]]) for part in (users, items))
            with autocast(torch.device(self.device)):
                out.append(network.head.expectation(network(u, i)).float().cpu().numpy())
        return np.concatenate(out)

    def _on(self, network: PairNetwork, fold: Interactions) -> np.ndarray:
        """float32 [n]: one network's expected ratings of a fold; another where it matters when they are asked for."""
        return self._expected(network, fold.users, fold.items)

    def _average(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        self._require_fitted()
        return np.mean([self._expected(network, users, items) for network in self._networks], axis=0)

    def predict(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
        """float32 [n]: the expected rating of each pair, averaged over the restarts."""
        return np.clip(self._average(users, items), *self._features.scale).astype(np.float32)

    def score(self, users: np.ndarray) -> np.ndarray:
        """float32 [len(users), n_items]: expected ratings before clipping, which would make ties at the top."""
        items = np.arange(self.n_items, dtype=np.int64)
        flat = self._average(np.repeat(users, self.n_items), np.tile(items, len(users)))
        return flat.reshape(len(users), self.n_items).astype(np.float32)

    def _indices(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(array, np.int64)).to(self.device)

    def _require_fitted(self) -> None:
        if not self._networks:
            raise RuntimeError(f"{self.name}: fit or load the model before asking it")

    @property
    def n_items(self) -> int:
        """Number of items that the model was fitted with."""
        self._require_fitted()
        return self._features.n_items

    def state(self) -> dict[str, np.ndarray]:
        """Weights of every network, and the data that its inputs are made from."""
        self._require_fitted()
        arrays = pack(self._train, self._features)
        for run, network in enumerate(self._networks):
            arrays |= {f"network/{run}/{k}": v.cpu().numpy() for k, v in network.state_dict().items()}
        return arrays

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` gave."""
        self._build(*unpack(state))
        for run, network in enumerate(self._networks):
            prefix = f"network/{run}/"
            weights = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            network.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in weights.items()})
