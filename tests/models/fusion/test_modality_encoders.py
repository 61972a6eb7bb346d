"""Sources, sides and encoders: what they look at, what stands for what is missing, and leaving train rows out."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from models.data import Features, Field, Interactions
from models.fusion.history import links
from models.fusion.modality_encoders import (
    FieldSource,
    Likings,
    ModalityEncoder,
    Reviews,
    ReviewSource,
    Side,
    VectorSource,
    Widths,
    sides,
)

WIDTHS = Widths(code=4, identity=3, drop=0.0)


def fold() -> Interactions:
    users, items = np.array([0, 0, 0, 1, 1, 2], np.int32), np.array([0, 1, 2, 0, 1, 2], np.int32)
    return Interactions(users, items, np.array([5, 1, 4, 2, 3, 3], np.float32), np.full(6, -1, np.int64))


def test_a_missing_vector_has_a_learned_code() -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    vectors[2] = 0
    source = VectorSource(vectors, WIDTHS)
    with torch.no_grad():
        source.missing.fill_(7.0)
    codes = source(torch.arange(5))
    assert torch.all(codes[2] == 7) and not torch.any(codes[[0, 1, 3, 4]] == 7)


def test_fields_are_looked_up_or_projected() -> None:
    torch.manual_seed(0)
    one = FieldSource(Field(np.array([0, 2, 2], np.int32), 3), WIDTHS)
    assert torch.equal(one(torch.tensor([1]))[0], one.project.weight[2])
    many = FieldSource(Field(np.array([[1, 0], [0, 1], [1, 1]], np.float32), 2), WIDTHS)
    assert many(torch.arange(3)).shape == (3, 4)


def test_the_mean_of_reviews_leaves_the_targets_own_out() -> None:
    texts = np.arange(12, dtype=np.float32).reshape(6, 2) + 1
    texts[4] = 0  # the second user wrote nothing about the second item
    source = ReviewSource(Reviews(texts, "cpu"), fold().users, 4, WIDTHS)
    mean, known = source.mean(torch.tensor([0, 0, 1]), torch.tensor([0, 2, 4]))
    np.testing.assert_allclose(mean[0], (texts[1] + texts[2]) / 2)
    np.testing.assert_allclose(mean[1], (texts[0] + texts[1]) / 2)
    np.testing.assert_allclose(mean[2], texts[3])
    everything, known_all = source.mean(torch.tensor([0, 1, 2, 3]), None)
    np.testing.assert_allclose(everything[0], texts[:3].mean(0), rtol=1e-6)
    assert known.ravel().tolist() == [True] * 3 and known_all.ravel().tolist() == [True, True, True, False]
    _, alone = source.mean(torch.tensor([1, 2]), torch.tensor([3, 5]))
    assert alone.ravel().tolist() == [False, False]  # what is left of the second user is the empty one


def test_what_a_user_liked_is_the_same_as_if_the_target_were_not_there() -> None:
    """Beside the shares that item means and the scale have in the residuals, which are held still here."""
    train, codes = fold(), np.random.default_rng(0).normal(size=(3, 2))
    link = links(train, 3, 3)[0]
    likings = Likings(link, train.items, codes, WIDTHS)
    residual = link.residual.numpy()
    picture = likings.picture(torch.tensor([0]), torch.tensor([1]))[0].numpy()
    rest = np.array([0, 2])
    mean = residual[rest].sum() / (2 + 5)
    weighted = ((residual[rest] - mean)[:, None] * codes[train.items[rest]]).sum(0) / np.sqrt(3)
    np.testing.assert_allclose(picture[:2], weighted, rtol=1e-4)
    np.testing.assert_allclose(picture[2:], codes[train.items[rest]].sum(0) / np.sqrt(3), rtol=1e-4)


def test_a_side_is_the_sum_of_its_sources() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    part = Features(
        3, 4, (1, 2, 3),
        item_fields={"genre": Field(rng.integers(0, 2, (4, 3)).astype(np.float32), 3)},
        item_vectors={"title": rng.normal(size=(4, 5)).astype(np.float32)},
    )  # fmt: skip
    users, items = sides(part, fold(), WIDTHS, identities=True)
    ids = torch.tensor([3, 0, 3])
    total = items.bias + sum(source(ids) for source in items.fixed)
    assert len(items.fixed) == 3 and len(users.fixed) == 1
    torch.testing.assert_close(items(ids, None), total)


def test_pictures_alone_go_through_the_layers_for_pictures() -> None:
    made = []

    def images(size: int, width: int) -> nn.Module:
        made.append(size)
        return nn.Linear(size, width)

    vectors = {"image": np.ones((4, 6), np.float32), "title": np.ones((4, 5), np.float32)}
    sides(Features(3, 4, (1, 2), item_vectors=vectors), fold(), WIDTHS, images=images)
    assert made == [6]


def test_an_encoder_of_nothing_says_what_its_evidence_says() -> None:
    class Two:
        size = 2

        def __call__(self, users: torch.Tensor, items: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
            return torch.stack([users, items], 1).float()

    torch.manual_seed(0)
    nothing = Side([], [], 4)
    encoder = ModalityEncoder(nothing, Side([], [], 4), Two(), 4)
    users, items = torch.tensor([1, 2]), torch.tensor([3, 3])
    codes = encoder(encoder.users(users, None), encoder.items(items, None), encoder.evidence(users, items, None))
    assert codes.shape == (2, 4) and not torch.equal(codes[0], codes[1])
