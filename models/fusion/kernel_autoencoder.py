"""An autoencoder over items' ratings whose weights are thinned by a local kernel; a part of `fusion-stack`."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from models.data import Features, Interactions
from models.metrics import rmse
from models.packing import pack, unpack
from models.recommender import FitReport, ModelConfig, Progress, Recommender, silent

MOST_CELLS = 250_000_000
"""Users x items above which the dense matrices (4 bytes a cell, three of them) are not made."""


class KernelAutoencoderConfig(ModelConfig):
    """The network and its regularisation; the paper's values for MovieLens."""

    hidden: PositiveInt = 500
    """Units of each of the two hidden layers, 1 or more."""
    kernel_width: PositiveInt = 5
    """Numbers by which the kernel knows each unit, 1 or more."""
    weight_decay: PositiveFloat | None = None
    """Of half the squared weights, against half the squared errors of all ratings. None: 20, or 70 for large folds."""
    sparsity: PositiveFloat | None = None
    """Of half the squared kernel. None: 0.006, or 0.018 for large folds."""
    rounds: int = Field(40, ge=1, le=1000)
    """Rounds of L-BFGS at most; after each the network is judged on validation."""
    steps: int = Field(5, ge=1, le=1000)
    """Steps of L-BFGS in a round."""
    patience: int = Field(5, ge=1)
    """Rounds without a better validation RMSE after which training stops."""


class KernelLayer(nn.Module):
    """A dense layer whose weight between two units fades with their distance: w * max(0, 1 - |u - v|^2)."""

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(inputs, outputs)), nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_uniform_(self.weight)
        self.ins, self.outs = (nn.Parameter(torch.randn(n, width) * 1e-3) for n in (inputs, outputs))

    def kernel(self) -> Tensor:
        """[inputs, outputs]: how much of each weight is left."""
        squared = self.ins.square().sum(1, keepdim=True) + self.outs.square().sum(1) - 2 * self.ins @ self.outs.T
        return (1 - squared).clamp(min=0)


class Network(nn.Module):
    """[items, users] ratings, 0 where there is none, to [items, users] predictions."""

    def __init__(self, n_users: int, config: KernelAutoencoderConfig) -> None:
        super().__init__()
        sizes = (n_users, config.hidden, config.hidden, n_users)
        self.layers = nn.ModuleList(KernelLayer(*size, config.kernel_width) for size in pairwise(sizes))

    def forward(self, ratings: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The predictions, and each layer's kernel."""
        kernels = [layer.kernel() for layer in self.layers]
        for number, (layer, kernel) in enumerate(zip(self.layers, kernels, strict=True)):
            ratings = ratings @ (layer.weight * kernel) + layer.bias
            if number < len(kernels) - 1:
                ratings = torch.sigmoid(ratings)
        return ratings, kernels


class KernelAutoencoder(Recommender):
    """Predicts all of an item's ratings from those it has (Muller, Martel, Indiveri 2018, SparseFC, section 3).

    Full batches and L-BFGS with a line search, as there; ratings go in as they are: centred ones, where a missing
    rating looks like a mean one, gave 0.90 instead of 0.88 on a validation fold of ML-100K.
    """

    name = "kernel-autoencoder"
    Config = KernelAutoencoderConfig

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
        """A minute on ML-100K with one CPU thread; not resumed. Raises MemoryError for too many users x items."""
        if features.n_users * features.n_items > MOST_CELLS:
            raise MemoryError(
                f"{self.name}: {features.n_users:,} users x {features.n_items:,} items are too many cells"
            )
        self.device = device
        self._build(train, Features(features.n_users, features.n_items, features.rating_values))
        optimizer = torch.optim.LBFGS(
            self._network.parameters(), max_iter=self.config.steps, history_size=10, line_search_fn="strong_wolfe"
        )
        ratings, rated = self._matrices()
        best, weights, curve = (np.inf, 0), {}, []

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = self._loss(ratings, rated, len(train))
            loss.backward()
            return loss

        for number in range(1, self.config.rounds + 1):
            began = time.perf_counter()
            optimizer.step(closure)
            error = self._rmse(ratings, valid)
            curve.append({"epoch": number, "train_rmse": self._rmse(ratings, train), "valid_rmse": error})
            curve[-1]["seconds"] = time.perf_counter() - began
            progress(f"{self.name}: round {number} of at most {self.config.rounds}: valid RMSE {error:.4f}")
            if error < best[0]:
                best, weights = (error, number), {k: v.clone() for k, v in self._network.state_dict().items()}
            if number - best[1] >= self.config.patience or not np.isfinite(error):
                break
        self._network.load_state_dict(weights)
        self._remember()
        n_parameters = sum(p.numel() for p in self._network.parameters())
        return FitReport(curve, {"rounds": best[1], "valid_rmse": best[0]}, n_parameters)

    def _build(self, train: Interactions, features: Features) -> None:
        self._train, self._features = train, features
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._network = Network(features.n_users, self.config).to(self.device)

    def _matrices(self) -> tuple[Tensor, Tensor]:
        """[items, users] twice: the train ratings, and where they are."""
        shape = self._features.n_items, self._features.n_users
        place = [torch.from_numpy(rows).long() for rows in (self._train.items, self._train.users)]
        ratings, rated = torch.zeros(shape), torch.zeros(shape)
        ratings[place[0], place[1]], rated[place[0], place[1]] = torch.from_numpy(self._train.ratings), 1.0
        return ratings.to(self.device), rated.to(self.device)

    def _loss(self, ratings: Tensor, rated: Tensor, n_ratings: int) -> Tensor:
        large = n_ratings >= 500_000
        decay = self.config.weight_decay or (70.0 if large else 20.0)
        sparsity = self.config.sparsity or (0.018 if large else 0.006)
        predicted, kernels = self._network(ratings)
        loss = ((predicted - ratings) * rated).square().sum()
        for layer, kernel in zip(self._network.layers, kernels, strict=True):
            loss = loss + decay * layer.weight.square().sum() + sparsity * kernel.square().sum()
        return loss / 2

    @torch.no_grad()
    def _rmse(self, ratings: Tensor, fold: Interactions) -> float:
        self._remember(ratings)
        return rmse(fold.ratings, self.predict(fold.users, fold.items))

    @torch.no_grad()
    def _remember(self, ratings: Tensor | None = None) -> None:
        """Keep the predictions of every pair: all of them come from one pass."""
        ratings = self._matrices()[0] if ratings is None else ratings
        self._expected = self._network(ratings)[0].T.cpu().numpy()

    def predict(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
        return np.clip(self._expected[users, items], *self._features.scale).astype(np.float32)

    def score(self, users: np.ndarray) -> np.ndarray:
        return self._expected[users].astype(np.float32)

    @property
    def n_items(self) -> int:
        return self._features.n_items

    def state(self) -> dict[str, np.ndarray]:
        weights = {f"network/{k}": v.cpu().numpy() for k, v in self._network.state_dict().items()}
        return pack(self._train, self._features) | weights

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._build(*unpack(state))
        weights = {k.removeprefix("network/"): v for k, v in state.items() if k.startswith("network/")}
        self._network.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in weights.items()})
        self._remember()
