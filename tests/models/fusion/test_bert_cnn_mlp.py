"""The modules of alexander2024: which of them a variant has, and what its parameter studies change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.data import Features, Field, Interactions
from models.fusion.bert_cnn_mlp import BertCnnMlp, BertCnnMlpConfig, Convolutions
from models.fusion.evidence import BEHAVIOUR

N_USERS, N_ITEMS, N = 20, 25, 300


def world(**changed: object) -> tuple[Interactions, Features]:
    rng = np.random.default_rng(0)
    cells = rng.choice(N_USERS * N_ITEMS, N, replace=False)
    train = Interactions(
        (cells // N_ITEMS).astype(np.int32), (cells % N_ITEMS).astype(np.int32),
        rng.integers(1, 6, N).astype(np.float32), np.full(N, -1, np.int64),
    )  # fmt: skip
    vectors = {name: rng.normal(size=(N_ITEMS, 6)).astype(np.float32) for name in ("title", "image")}
    genre = Field(rng.integers(0, 2, (N_ITEMS, 3)).astype(np.float32), 3)
    known = {"item_fields": {"genre": genre}, "item_vectors": vectors} | changed
    return train, Features(N_USERS, N_ITEMS, (1, 2, 3, 4, 5), **known)


def built(variant: str = "", config: BertCnnMlpConfig | None = None, **changed: object) -> BertCnnMlp:
    model = BertCnnMlp(config, variant=variant)
    model._build(*world(**changed))
    return model


def convolutional(model: BertCnnMlp) -> bool:
    return any(isinstance(module, Convolutions) for module in model._networks[0].modules())


def test_the_papers_three_modules_and_no_structure() -> None:
    model = built()
    assert model.modalities == ("text", "image", BEHAVIOUR)
    assert list(model._networks[0].encoders) == ["text", "image", BEHAVIOUR]
    assert convolutional(model)


@pytest.mark.parametrize("only", ["text", "image", BEHAVIOUR])
def test_a_variant_has_one_module(only: str) -> None:
    model = built(f"{only}-only")
    assert model.modalities == (only,)
    assert convolutional(model) == (only == "image")


def test_a_module_that_the_dataset_cannot_feed_is_left_out() -> None:
    assert built(item_vectors={}).modalities == (BEHAVIOUR,)
    model = built("image-only", item_vectors={})  # nothing but the users' means is left to such a variant
    assert model.modalities == ("image",)
    predicted = model.predict(np.array([0, 0], np.int32), np.array([1, 2], np.int32))
    assert predicted[0] == pytest.approx(predicted[1], abs=1e-6)


def test_pictures_can_go_through_a_dense_layer_instead() -> None:
    assert not convolutional(built(config=BertCnnMlpConfig(channels=0)))


@pytest.mark.parametrize(("size", "kernel"), [(184, 5), (7, 3), (1, 5), (768, 4)])
def test_convolutions_take_vectors_of_any_length(size: int, kernel: int) -> None:
    assert Convolutions(size, 32, 4, kernel)(torch.randn(3, size)).shape == (3, 32)


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_the_depth_of_the_fusion_is_a_parameter(layers: int) -> None:
    trunk = built(config=BertCnnMlpConfig(hidden_layers=layers))._networks[0].trunk
    assert sum(isinstance(module, torch.nn.Linear) for module in trunk) == layers


def test_the_papers_training_is_the_default() -> None:
    config = BertCnnMlpConfig()
    assert (config.epochs, config.learning_rate) == (100, 1e-3)
