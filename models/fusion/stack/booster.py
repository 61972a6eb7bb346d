"""Gradient-boosted trees (LightGBM) as arrays: learned from columns, kept as text in bytes."""

from __future__ import annotations

import numpy as np
import torch

from models.recommender import Progress

ROUNDS_TOLD = 200


class Booster:
    """The mean of a few ensembles that differ in their seed."""

    def __init__(self, texts: list[str]) -> None:
        import lightgbm

        self._texts = texts
        self._models = [lightgbm.Booster(model_str=text) for text in texts]

    @classmethod
    def fit(
        cls,
        train: tuple[np.ndarray, np.ndarray],
        valid: tuple[np.ndarray, np.ndarray],
        *,
        seeds: list[int],
        learning_rate: float,
        leaves: int,
        rounds: int,
        patience: int,
        progress: Progress,
    ) -> Booster:
        """Squared error of float32 [n, columns] -> float [n]; as many trees as are best on `valid`, NaN is missing."""
        import lightgbm

        settings = {
            "objective": "l2", "learning_rate": learning_rate, "num_leaves": leaves, "min_data_in_leaf": 100,
            "feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 10.0, "max_bin": 127,
            "deterministic": True, "force_row_wise": True, "num_threads": torch.get_num_threads(), "verbose": -1,
        }  # fmt: skip
        texts = []
        for seed in seeds:
            data = lightgbm.Dataset(*train, free_raw_data=False)
            model = lightgbm.train(
                settings | {"seed": seed}, data, rounds, valid_sets=[data.create_valid(*valid)],
                callbacks=[lightgbm.early_stopping(patience, verbose=False), _teller(progress)],
            )  # fmt: skip
            progress(f"blended with {model.best_iteration} trees")
            texts.append(model.model_to_string(num_iteration=model.best_iteration))
        return cls(texts)

    def predict(self, columns: np.ndarray) -> np.ndarray:
        """float64 [n]."""
        threads = torch.get_num_threads()
        return np.mean([model.predict(columns, num_threads=threads) for model in self._models], axis=0)

    def importance(self) -> np.ndarray:
        """float [columns]: how much squared error the splits on each column took off, of all ensembles."""
        return np.sum([model.feature_importance("gain") for model in self._models], axis=0)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `restored` needs."""
        return {f"trees/{n:03}": np.frombuffer(text.encode(), np.uint8) for n, text in enumerate(self._texts)}

    @classmethod
    def restored(cls, arrays: dict[str, np.ndarray]) -> Booster:
        """Put back what `arrays` gave."""
        names = sorted(name for name in arrays if name.startswith("trees/"))
        return cls([arrays[name].tobytes().decode() for name in names])


def _teller(progress: Progress):
    def tell(environment) -> None:
        if (environment.iteration + 1) % ROUNDS_TOLD == 0:
            error = environment.evaluation_result_list[0][2]
            progress(f"{environment.iteration + 1} trees, squared error left on validation {error:.4f}")

    return tell
