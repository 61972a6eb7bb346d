"""Early, late and hybrid fusion: what each looks at, predictions from some modalities only, and how outputs combine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data import Features, Field, Interactions
from models.fusion import evidence
from models.fusion.early_fusion import EarlyFusion
from models.fusion.evidence import BEHAVIOUR
from models.fusion.fusion_network import FusionConfig
from models.fusion.hybrid_fusion import HybridConfig, HybridFusion, HybridHead
from models.fusion.late_average import LateAverage
from models.fusion.late_fusion import LateFusion
from models.fusion.late_stack import RIDGE, LateStack
from models.fusion.multimodal import Multimodal
from models.recommender import Recommender

N_USERS, N_ITEMS = 60, 80
TINY = {"epochs": 3, "batch_size": 64, "width": 8, "hidden": 16}
EVERY = (EarlyFusion, LateAverage, LateStack, HybridFusion)


def world() -> tuple[Interactions, Interactions, Features]:
    """Half of the taste follows the picture, half the text; the fields say nothing. Items 0 to 3 have no picture."""
    rng = np.random.default_rng(0)
    vectors = {name: rng.normal(size=(N_ITEMS, 4)).astype(np.float32) for name in ("title", "image")}
    tastes = {name: rng.normal(size=(N_USERS, 4)) * 0.6 for name in vectors}
    score = 3 + sum(tastes[name] @ vectors[name].T for name in vectors)
    cells = rng.choice(N_USERS * N_ITEMS, 2400, replace=False)
    users, items = (cells // N_ITEMS).astype(np.int32), (cells % N_ITEMS).astype(np.int32)
    ratings = np.clip(np.round(score[users, items] + 0.2 * rng.normal(size=2400)), 1, 5).astype(np.float32)
    every = Interactions(users, items, ratings, np.full(2400, -1, np.int64))
    vectors["image"] = vectors["image"].copy()
    vectors["image"][:4] = 0
    genre = Field(rng.integers(0, 2, (N_ITEMS, 3)).astype(np.float32), 3)
    features = Features(N_USERS, N_ITEMS, (1, 2, 3, 4, 5), item_fields={"genre": genre}, item_vectors=vectors)
    return every.take(np.arange(1900)), every.take(np.arange(1900, 2400)), features


def fitted(cls: type[Multimodal], **changed: object) -> Multimodal:
    train, valid, features = world()
    model = cls(cls.Config(**TINY))
    model.fit(train, valid, replace(features, **changed))
    return model


@pytest.fixture(scope="module", params=EVERY, ids=lambda cls: cls.name)
def model(request: pytest.FixtureRequest) -> Multimodal:
    return fitted(request.param)


def rmse(predicted: np.ndarray, fold: Interactions) -> float:
    return float(np.sqrt(np.mean((predicted - fold.ratings) ** 2)))


def test_all_modalities_together_beat_each_alone(model: Multimodal) -> None:
    valid = world()[1]
    alone = {name: rmse(model.predict_with(valid.users, valid.items, [name]), valid) for name in model.modalities}
    assert model.modalities == ("text", "image", "structure", BEHAVIOUR)
    assert rmse(model.predict(valid.users, valid.items), valid) < min(alone.values()) - 0.02
    assert max(alone["text"], alone["image"]) < alone["structure"] - 0.1


def test_predictions_with_all_modalities_are_the_predictions(model: Multimodal) -> None:
    valid = world()[1]
    np.testing.assert_allclose(
        model.predict_with(valid.users, valid.items, model.modalities),
        model.predict(valid.users, valid.items),
        atol=1e-5,
    )


def test_what_is_not_named_is_not_looked_at(model: Multimodal) -> None:
    """The same networks over other pictures and fields say the same of the text."""
    _, valid, features = world()
    other = replace(
        features, item_vectors=features.item_vectors | {"image": features.item_vectors["image"][::-1].copy()}
    )
    state = model.state()
    twin = type(model)(model.config)
    twin.restore({k: other.item_vectors["image"] if k.endswith("/image") else v for k, v in state.items()})
    users, items = valid.users, valid.items
    here = items[(items >= 4) & (items < N_ITEMS - 4)], users[(items >= 4) & (items < N_ITEMS - 4)]
    said, again = (m.predict_with(here[1], here[0], ["text"]) for m in (model, twin))
    np.testing.assert_allclose(said, again, atol=1e-5)
    assert not np.allclose(model.predict(here[1], here[0]), twin.predict(here[1], here[0]), atol=1e-2)


def test_unknown_or_no_modalities_are_refused(model: Multimodal) -> None:
    for some in ([], ["text", "smell"]):
        with pytest.raises(ValueError, match=f"{model.name}: modalities"):
            model.predict_with(np.array([0]), np.array([0]), some)


def test_a_score_says_what_it_was_made_without(model: Multimodal) -> None:
    """Items 0 to 3 have no picture; a modality that the dataset does not have may be withheld as well."""
    users, items = np.arange(8, dtype=np.int32), np.arange(8, dtype=np.int32)
    whole, blind = model.scored(users, items), model.scored(users, items, ["image", "audio"])
    np.testing.assert_allclose(np.clip(whole.ratings, 1, 5), model.predict(users, items), atol=1e-5)
    assert ["image" in flag for flag in whole.flags()] == [True] * 4 + [False] * 4
    assert all("image" in flag and "audio" not in flag for flag in blind.flags())
    assert model.lacking()[:8] == whole.flags() and whole.modalities == model.modalities
    assert np.isfinite(blind.ratings).all() and (blind.ratings[4:] != whole.ratings[4:]).all()
    with pytest.raises(ValueError, match="no modality smell; there are text, image, audio, video, structure"):
        model.scored(users, items, ["smell"])
    with pytest.raises(ValueError, match="all of that is withheld"):
        model.scored(users, items, model.modalities)


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.name)
def test_sound_and_video_are_modalities_like_any_other(cls: type[Multimodal]) -> None:
    """Half of the taste follows the sound, half the film; titles of noise change nothing of that."""
    vectors, valid = world()[2].item_vectors, world()[1]
    noise = np.random.default_rng(5).normal(size=(N_ITEMS, 4)).astype(np.float32)
    model = fitted(
        cls, item_vectors={"title": noise, "audio": vectors["title"], "video": vectors["image"]}, item_fields={}
    )
    assert model.modalities == ("text", "audio", "video", BEHAVIOUR)
    whole = rmse(model.predict(valid.users, valid.items), valid)
    for withheld in ("audio", "video"):
        scored = model.scored(valid.users, valid.items, [withheld])
        assert rmse(np.clip(scored.ratings, 1, 5), valid) > whole + 0.02 and all(withheld in f for f in scored.flags())


def test_a_dataset_without_content_has_behaviour_alone() -> None:
    for cls in EVERY:
        model = fitted(cls, item_vectors={}, item_fields={})
        assert model.modalities == (BEHAVIOUR,)
        assert np.all(np.isfinite(model.score(np.arange(3))))


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.name)
def test_a_modality_that_is_registered_later_is_fused_at_once(
    cls: type[Multimodal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture's vector under another name, of a modality that no fusion model has ever heard of."""
    modality_of = {"title": "text", "soundtrack": "audio"}

    def without(features: Features, *modalities: str) -> Features:
        kept = {k: v for k, v in features.item_vectors.items() if modality_of[k] not in modalities}
        return replace(features, item_vectors=kept)

    monkeypatch.setattr(evidence, "MODALITIES", ("text", "audio"))
    monkeypatch.setattr(evidence, "present", lambda f: tuple(modality_of[name] for name in f.item_vectors))
    monkeypatch.setattr(evidence, "without", without)
    vectors = world()[2].item_vectors
    model = fitted(cls, item_vectors={"title": vectors["title"], "soundtrack": vectors["image"]}, item_fields={})
    valid = world()[1]
    assert model.modalities == ("text", "audio", BEHAVIOUR)
    lost = rmse(model.predict_with(valid.users, valid.items, ["text", BEHAVIOUR]), valid)
    assert rmse(model.predict(valid.users, valid.items), valid) < lost - 0.01


def test_a_model_is_restored_with_how_it_combines(model: Multimodal) -> None:
    valid = world()[1]
    twin = type(model)(model.config)
    twin.restore(model.state())
    for some in (["image"], ["text", BEHAVIOUR]):
        np.testing.assert_allclose(
            twin.predict_with(valid.users, valid.items, some),
            model.predict_with(valid.users, valid.items, some),
            atol=1e-6,
        )


def moments(outputs: np.ndarray, ratings: np.ndarray) -> np.ndarray:
    known = np.column_stack([outputs, np.ones(len(ratings)), ratings])
    return known.T @ known


def test_the_weighted_average_is_the_best_on_the_simplex() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=400)
    outputs = target[:, None] + rng.normal(size=(400, 3)) * [0.5, 1.0, 3.0]
    *weights, constant = LateAverage()._weights(moments(outputs, target))
    assert constant == 0 and sum(weights) == pytest.approx(1) and min(weights) >= 0
    grid = [np.array([a, b, 1 - a - b]) for a in np.linspace(0, 1, 101) for b in np.linspace(0, 1 - a, 101)]
    best = min(grid, key=lambda w: np.square(outputs @ w - target).sum())
    np.testing.assert_allclose(weights, best, atol=0.02)


def test_an_output_that_only_harms_gets_no_weight() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=200)
    weights = LateAverage()._weights(moments(np.column_stack([target, -target]), target))
    np.testing.assert_allclose(weights, [1, 0, 0], atol=1e-3)


def test_the_stack_adds_up_what_each_output_explains() -> None:
    """Two outputs that each know one half of the target: an average halves both, the stack does not."""
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(3000, 2))
    target = parts.sum(1) + 0.5
    weights = LateStack()._weights(moments(parts, target))
    np.testing.assert_allclose(weights, [1, 1, 0.5], atol=0.02)
    products = np.column_stack([parts, np.ones(3000)])
    pulled = np.linalg.solve(
        products.T @ products + RIDGE * np.eye(3), products.T @ target + RIDGE * np.array([0.5, 0.5, 0])
    )
    np.testing.assert_allclose(weights, pulled)


@pytest.mark.parametrize("cls", [LateAverage, LateStack])
def test_without_validation_all_count_alike(cls: type[LateFusion]) -> None:
    np.testing.assert_allclose(cls()._weights(np.zeros((6, 6))), [0.25] * 4 + [0], atol=1e-6)


def test_the_combination_is_learned_from_validation_alone() -> None:
    """With validation ratings that follow the text alone, all weight goes there, whatever the train rows say."""
    train, valid, features = world()
    by_text = fitted(LateAverage).predict_with(valid.users, valid.items, ["text"])
    model = LateAverage(FusionConfig(**TINY | {"epochs": 1}))
    report = model.fit(train, replace(valid, ratings=np.clip(by_text, 1, 5)), features)
    assert report.chosen["weight_text"] > 0.8
    assert report.chosen["valid_rmse"] <= report.chosen["valid_rmse_text"] + 1e-6


def test_a_network_has_no_say_about_an_item_without_its_modality() -> None:
    model = fitted(LateAverage)
    users, items = np.arange(20, dtype=np.int32), np.full(20, 2, np.int32)
    some = tuple(name for name in model.modalities if name != "image")
    np.testing.assert_allclose(model.predict(users, items), model.predict_with(users, items, some), atol=1e-6)
    assert not np.allclose(model.predict(users, items + 20), model.predict_with(users, items + 20, some), atol=1e-3)


def test_an_item_without_ratings_is_judged_by_its_content() -> None:
    """Behaviour counts as missing for it, and a user's taste still tells two such items apart."""
    train, valid, features = world()
    cold = np.isin(train.items, [70, 71])
    for cls in EVERY:
        model: Recommender = cls(cls.Config(**TINY))
        model.fit(train.take(~cold), valid.take(~np.isin(valid.items, [70, 71])), features)
        predicted = model.predict(train.users[cold], train.items[cold])
        assert np.corrcoef(predicted, train.ratings[cold])[0, 1] > 0.4


def test_dropping_modalities_in_training_never_drops_all() -> None:
    train, _, features = world()
    model = EarlyFusion(FusionConfig(**TINY, modality_dropout=0.9))
    model._build(train, features)
    network = model._networks[0].train()
    torch.manual_seed(0)
    kept = network._keep(torch.arange(N_ITEMS))
    assert kept.any(1).all() and 0.2 < kept[4:].all(1).float().mean() < 0.95 and kept.sum() < 0.9 * kept.numel()
    assert not kept[:4, 1].any()  # these have no picture to begin with
    assert network.eval()._keep(torch.arange(4, N_ITEMS))[:, [0, 1, 3]].all()


def test_the_shortcut_is_a_regression_of_the_rating_on_what_is_known() -> None:
    """At the start its expectation moves with the regression of the ratings, one for each set of modalities."""
    train, _, features = world()
    model = EarlyFusion(FusionConfig(**TINY))
    model._build(train, features)
    network = model._networks[0]
    users, items = torch.from_numpy(train.users[:9].astype(np.int64)), torch.full((9,), 7)
    keep = torch.ones(9, 4, dtype=torch.bool)
    keep[:, 1] = False
    known = [e.evidence(users, items, None) * keep[:, k, None] for k, e in enumerate(network.encoders.values())]
    known += [of(users, items, None) * 0 for of in network.fused.values()]
    worth = network.shortcut.worth.weight[0b1101]
    slope = (network.head.values - train.ratings.mean()) / train.ratings.std()
    expected = (torch.cat(known, 1) @ worth[:-1] + worth[-1])[:, None] * slope
    torch.testing.assert_close(network.shortcut(known, keep), expected)
    assert worth[2:4].abs().max() == 0 and worth[0] != 0  # nothing of the picture, something of the text


def test_hybrid_losses_count_the_modalities_own_outputs() -> None:
    train, _, features = world()
    config = HybridConfig(**TINY, own_weight=0.5)
    head = HybridHead(2, train, features, config)
    logits, ratings = torch.randn(10, 3, 5), torch.from_numpy(train.ratings[:10])
    value, squared = head.loss(logits, ratings)
    parts = [head.fused.loss(logits[:, k], ratings) for k in range(3)]
    torch.testing.assert_close(value, parts[0][0] + 0.5 * (parts[1][0] + parts[2][0]) / 2)
    torch.testing.assert_close(squared, parts[0][1])
    torch.testing.assert_close(head.expectation(logits), head.fused.expectation(logits[:, 0]))
