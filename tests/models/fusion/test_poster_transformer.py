"""The poster transformer on a checkerboard: two groups of users, two of items, each group likes its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from models.baselines._similarity import SHARP
from models.data import Features, Field, Interactions
from models.fusion.encoder import Encoder, sinusoidal_positions
from models.fusion.evidence import Behaviour
from models.fusion.history import SHRINK, HistoryCode, links
from models.fusion.neighbours import SHRINK_COMPANY, SHRINK_LIKENESS, Agreement
from models.fusion.poster_network import PosterNetwork
from models.fusion.poster_transformer import PosterTransformer, PosterTransformerConfig
from models.fusion.tokens import VectorToken, in_order
from models.heads import SoftmaxHead
from models.modalities import without
from models.packing import pack, unpack
from models.training import batch_size

N_USERS, N_ITEMS = 30, 20
TINY = PosterTransformerConfig(
    epochs=10, restarts=2, width=16, heads=2, identity_width=4, history_width=4, field_width=4, batch_size=32
)


def checkerboard() -> Features:
    """MovieLens' fields in a scrambled order; two items without a poster."""
    rng = np.random.default_rng(0)
    vectors = {name: rng.normal(size=(N_ITEMS, 6)).astype(np.float32) for name in ("title", "introduction", "image")}
    vectors["image"][[3, 7]] = 0
    user = {
        name: Field(rng.integers(0, 3, N_USERS).astype(np.int32), 3) for name in ("gender", "zip", "age", "occupation")
    }
    genre = Field(rng.integers(0, 2, (N_ITEMS, 4)).astype(np.float32), 4)
    return Features(N_USERS, N_ITEMS, (1.0, 2.0, 3.0, 4.0, 5.0), user, {"genre": genre}, vectors)


def folds() -> tuple[Interactions, Interactions]:
    """Train and validation: 5 on one's own colour, 1 on the other."""
    users, items = (a.ravel().astype(np.int32) for a in np.meshgrid(np.arange(N_USERS), np.arange(N_ITEMS)))
    ratings = np.where(users % 2 == items % 2, 5, 1).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(users))
    every = Interactions(users, items, ratings, np.full(len(users), -1, np.int64))
    return every.take(order[:400]), every.take(order[400:])


def fitted(variant: str = "cro", config: PosterTransformerConfig = TINY, **kwargs: object) -> PosterTransformer:
    model = PosterTransformer(config, variant=variant)
    model.fit(*folds(), checkerboard(), **kwargs)
    return model


@pytest.fixture(scope="module")
def model() -> PosterTransformer:
    return fitted()


def network(features: Features) -> PosterNetwork:
    train = folds()[0]
    torch.manual_seed(0)
    both = links(train, N_USERS, N_ITEMS)
    return PosterNetwork(train, features, both, Behaviour(train, both, features, "cpu"), TINY).eval()


def image_token(vectors: np.ndarray) -> VectorToken:
    return VectorToken(vectors, links(folds()[0], N_USERS, N_ITEMS)[0], TINY).eval()


def test_learns_the_checkerboard(model: PosterTransformer) -> None:
    valid = folds()[1]
    predicted = model.predict(valid.users, valid.items)
    assert predicted.dtype == np.float32
    assert predicted[valid.ratings == 5].min() > 3.5
    assert predicted[valid.ratings == 1].max() < 2.5


def test_score_is_predict_over_the_catalogue(model: PosterTransformer) -> None:
    users = np.array([4, 1, 4], np.int32)
    scores = model.score(users)
    items = np.arange(N_ITEMS, dtype=np.int32)
    assert scores.shape == (3, N_ITEMS)
    for row, user in enumerate(users):
        np.testing.assert_allclose(scores[row], model.predict(np.full(N_ITEMS, user), items), atol=1e-5)


def test_save_and_load_answer_alike(model: PosterTransformer, tmp_path: Path) -> None:
    model.save(tmp_path)
    users, items = folds()[1].users, folds()[1].items
    np.testing.assert_allclose(
        PosterTransformer.load(tmp_path).predict(users, items), model.predict(users, items), atol=1e-6
    )


def test_same_seed_same_predictions(model: PosterTransformer) -> None:
    users, items = folds()[1].users, folds()[1].items
    np.testing.assert_array_equal(fitted().predict(users, items), model.predict(users, items))


def test_a_killed_fit_resumes_to_the_same_predictions(model: PosterTransformer, tmp_path: Path) -> None:
    told = []

    def kill_in_the_second_run(line: str) -> None:
        told.append(line)
        if "run 2/2, epoch 3/10" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted(progress=kill_in_the_second_run, checkpoint=tmp_path)
    told.clear()
    again = fitted(progress=told.append, checkpoint=tmp_path)
    assert told and all("run 2/2, epoch" in line for line in told) and "epoch 4/10" in told[0]
    users, items = folds()[1].users, folds()[1].items
    np.testing.assert_allclose(again.predict(users, items), model.predict(users, items), atol=1e-6)


@pytest.mark.parametrize(("n_rows", "asked", "size"), [(400, None, 512), (400, 32, 32), (90_000, None, 1024)])
def test_a_small_fold_is_gone_through_in_larger_steps_unless_it_is_asked_otherwise(n_rows, asked, size) -> None:
    model = PosterTransformer(TINY.model_copy(update={"batch_size": asked}))
    model._train = folds()[0].take(np.arange(n_rows) % 400)
    assert batch_size(n_rows, model._training()) == size


def test_a_checkpoint_of_the_other_variant_is_not_used(tmp_path: Path) -> None:
    told: list[str] = []
    fitted("cro", TINY.model_copy(update={"epochs": 1}), checkpoint=tmp_path)
    fitted("sin", TINY.model_copy(update={"epochs": 1}), checkpoint=tmp_path, progress=told.append)
    assert len(told) == 2


def test_the_ten_tokens_of_the_paper_and_nine_without_the_poster() -> None:
    both, users, items = network(checkerboard()), torch.arange(3), torch.arange(5)
    of_user, of_item = both.tables(users, items)
    assert of_user.shape == (3, 5, 16)
    assert of_item.shape == (5, 5, 16)
    assert both.encoder.positions.shape == (12, 16)
    assert network(without(checkerboard(), "image")).encoder.positions.shape == (11, 16)


def test_sin_does_not_see_the_poster() -> None:
    changed = checkerboard()
    changed.item_vectors["image"][:] = 1.0
    plain, other = (PosterTransformer(TINY.model_copy(update={"epochs": 1}), variant="sin") for _ in range(2))
    plain.fit(*folds(), checkerboard())
    other.fit(*folds(), changed)
    valid = folds()[1]
    np.testing.assert_array_equal(plain.predict(valid.users, valid.items), other.predict(valid.users, valid.items))


def test_tokens_come_in_the_papers_order() -> None:
    assert in_order(["gender", "fans", "zip", "age"], ("age", "zip", "gender")) == ["age", "zip", "gender", "fans"]


def test_positions_are_equations_4_and_5() -> None:
    table = sinusoidal_positions(12, 8)
    assert table[7, 4] == pytest.approx(np.sin(7 / 10000 ** (4 / 8)), abs=1e-6)
    assert table[7, 5] == pytest.approx(np.cos(7 / 10000 ** (4 / 8)), abs=1e-6)


def test_the_last_layer_gives_the_same_cls_as_a_whole_layer() -> None:
    torch.manual_seed(0)
    layer, x = Encoder(3, TINY).layers[0].eval(), torch.randn(2, 5, 16)
    torch.testing.assert_close(layer(x, first_only=True)[:, 0], layer(x)[:, 0])


def test_history_leaves_the_target_out() -> None:
    """The code of a user without row 5 is the code that a fold without row 5 would give, weights held fixed."""
    train = folds()[0]
    link, _ = links(train, N_USERS, N_ITEMS)
    torch.manual_seed(0)
    history = HistoryCode(link, 3)
    user, item = int(train.users[5]), int(train.items[5])
    own = link.residual[[5], None]
    code = history(history.sums(), torch.tensor([user]), torch.tensor([item]), own)[0].detach().numpy()
    others = [row for row in np.flatnonzero(train.users == user) if row != 5]
    weight, table = link.residual.numpy()[others], history.opinion.weight.detach().numpy()[train.items[others]]
    mean = weight.sum() / (len(others) + 5)
    expected = ((weight - mean)[:, None] * table).sum(0) / np.sqrt(len(others) + 1)
    np.testing.assert_allclose(code[:3], expected, atol=1e-5)
    assert code[6] == pytest.approx(mean, abs=1e-5)


def test_history_carries_gradient_like_a_dense_product() -> None:
    link, _ = links(folds()[0], N_USERS, N_ITEMS)
    history, dense = HistoryCode(link, 3), link.weighted[0].to_dense()
    history.sums()[0].square().sum().backward()
    table = history.opinion.weight.detach().clone().requires_grad_()
    (dense @ table).square().sum().backward()
    torch.testing.assert_close(history.opinion.weight.grad, table.grad, rtol=1e-4, atol=1e-4)


def test_items_without_a_poster_share_one_learned_token() -> None:
    token = image_token(checkerboard().item_vectors["image"])
    out = token(torch.arange(N_ITEMS))
    assert torch.equal(out[3], token.missing)
    assert torch.equal(out[3], out[7])
    assert not torch.equal(out[3], out[4])


def test_vectors_are_standardised_over_the_items_that_have_them() -> None:
    vectors = checkerboard().item_vectors["image"] * 50 + 7
    vectors[3] = 0
    token = image_token(vectors)
    present = np.delete(token.vectors.numpy(), 3, axis=0)
    np.testing.assert_allclose(present.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(present.std(0), 1, rtol=1e-4)
    assert not token.vectors[3].any()


def test_taste_leaves_the_target_out() -> None:
    """The taste for a content is the sum over the user's other ratings, the target's own content left out."""
    train, token = folds()[0], image_token(checkerboard().item_vectors["image"])
    link, codes = token.taste.link, token.taste.codes.numpy()
    user, item = int(train.users[5]), int(train.items[5])
    got = token.taste(torch.tensor([user]), torch.tensor([item]), link.residual[[5], None])[0].numpy()
    others = [row for row in np.flatnonzero(train.users == user) if row != 5]
    weight = link.residual.numpy()[others]
    taste = ((weight - weight.sum() / (len(others) + 5))[:, None] * codes[train.items[others]]).sum(0)
    np.testing.assert_allclose(got, taste / np.sqrt(len(others) + 1) * codes[item], atol=1e-5)


def test_agreement_by_ratings_leaves_the_own_rating_out() -> None:
    """For a train row: the residual-weighted likeness of items, summed without the user's own product and rating."""
    train = folds()[0]
    agreement = Agreement(train, N_USERS, N_ITEMS, "cpu")
    user, item = int(train.users[5]), int(train.items[5])
    centred = (train.ratings - train.ratings.mean()).astype(np.float64)
    centred /= centred.std()
    of_item = np.bincount(train.items, centred, N_ITEMS) / (np.bincount(train.items, minlength=N_ITEMS) + SHRINK)
    residual = centred - of_item[train.items]
    mean = np.bincount(train.users, residual, N_USERS) / (np.bincount(train.users, minlength=N_USERS) + SHRINK)
    table = np.zeros((N_USERS, N_ITEMS))
    table[train.users, train.items] = residual - mean[train.users]
    rated = table != 0
    total, others = 0.0, [row for row in np.flatnonzero(train.users == user) if row != 5]
    own_mean = residual[others].sum() / (len(others) + SHRINK)
    for row in others:
        other = train.items[row]
        likeness = np.delete(table[:, item] * table[:, other], user).sum()
        norms = (table[rated[:, other], item] ** 2).sum() * (table[rated[:, item], other] ** 2).sum()
        total += (residual[row] - own_mean) * likeness / (np.sqrt(norms) + SHRINK_LIKENESS)
    got = agreement(torch.tensor([user]), torch.tensor([item]), torch.tensor([5]))[0, 0]
    assert float(got) == pytest.approx(total / np.sqrt(len(others) + 1), abs=1e-4)


def test_agreement_by_company_is_the_mean_residual_over_films_with_the_same_raters() -> None:
    train = folds()[0]
    agreement = Agreement(train, N_USERS, N_ITEMS, "cpu")
    user, item = int(train.users[5]), int(train.items[5])
    centred = (train.ratings - train.ratings.mean()).astype(np.float64)
    centred /= centred.std()
    counts = np.bincount(train.items, minlength=N_ITEMS)
    residual = centred - (np.bincount(train.items, centred, N_ITEMS) / (counts + SHRINK))[train.items]
    raters = [set(train.users[train.items == film]) for film in range(N_ITEMS)]
    rows = [row for row in np.flatnonzero(train.users == user) if row != 5]
    films = [int(train.items[row]) for row in rows]
    weights = np.array(
        [(len(raters[item] & raters[film]) / np.sqrt(counts[item] * counts[film])) ** SHARP for film in films]
    )
    mean = residual[rows].sum() / (len(rows) + SHRINK)
    wanted = weights @ (residual[rows] - mean) / (weights.sum() + SHRINK_COMPANY)
    pair, row = (torch.tensor([user]), torch.tensor([item])), torch.tensor([5])
    assert float(agreement(*pair, row)[0, 2]) == pytest.approx(wanted, abs=1e-4)
    turned = replace(train, ratings=np.where(np.arange(len(train)) == 5, 6 - train.ratings, train.ratings))
    # Its own rating reaches it only through the mean and deviation of all ratings.
    assert float(Agreement(turned, N_USERS, N_ITEMS, "cpu")(*pair, row)[0, 2]) == pytest.approx(wanted, abs=0.02)
    assert float(agreement(*pair, None)[0, 2]) != pytest.approx(wanted, abs=1e-4)


def test_works_without_any_content_and_for_unseen_users_and_items() -> None:
    train, valid = folds()
    bare = Features(N_USERS + 1, N_ITEMS + 1, (1.0, 2.0, 3.0, 4.0, 5.0))
    model = PosterTransformer(TINY.model_copy(update={"epochs": 1}))
    model.fit(train, valid, bare)
    assert 1 <= model.predict(np.array([N_USERS]), np.array([N_ITEMS]))[0] <= 5


def test_pack_and_unpack_keep_values_and_order() -> None:
    train, features = folds()[0], checkerboard()
    texts = np.ones((len(train), 2), np.float32)
    features = replace(features, user_vectors={"profile": np.ones((N_USERS, 3), np.float32)}, reviews=texts)
    back, same = unpack(dict(sorted(pack(train, features).items(), reverse=True)))
    np.testing.assert_array_equal(back.ratings, train.ratings)
    np.testing.assert_array_equal(same.reviews, texts)
    assert same.user_vectors["profile"].shape == (N_USERS, 3)
    assert list(same.user_fields) == ["gender", "zip", "age", "occupation"]
    assert list(same.item_vectors) == ["title", "introduction", "image"]
    assert same.user_fields["zip"].size == 3
    assert same.rating_values == features.rating_values


def test_classes_are_the_nearest_rating_value() -> None:
    head = SoftmaxHead(4, folds()[0], Features(1, 1, (0.5, 1.0, 1.5)))
    assert head.classes(torch.tensor([0.5, 0.9, 1.5, 9.0])).tolist() == [0, 1, 2, 2]


def test_bad_requests_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="no variant 'colour'"):
        PosterTransformer(variant="colour")
    with pytest.raises(ValidationError, match="width: 18 is not a multiple"):
        PosterTransformerConfig(width=18)
    with pytest.raises(ValidationError, match="dropout"):
        PosterTransformerConfig(dropout=1.5)
    empty = folds()[0].take(np.zeros(0, np.int64))
    with pytest.raises(ValueError, match="0 train and 400 validation"):
        PosterTransformer().fit(empty, folds()[0], checkerboard())


def test_attention_is_shared_out_among_the_named_tokens(model: PosterTransformer) -> None:
    users, items = folds()[1].users[:5], folds()[1].items[:5]
    names, shares = model.attention(users, items)
    assert names[0] == "user" and "item" in names and "image" in names and shares.shape == (5, len(names))
    assert (shares > 0).all()
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)


def test_another_picture_is_shown_for_the_time_being_only() -> None:
    model = PosterTransformer(TINY)
    model._build(folds()[0], checkerboard())
    for net in model._networks:  # what the ratings say would leave nothing to the picture
        net.pair_bias.weight.data.zero_()
    vectors, user, item = checkerboard().item_vectors["image"], np.array([3]), np.array([5])
    before = model.predict(user, item)
    own, other = model.with_pictures(3, 5, vectors[[5, 4]])
    np.testing.assert_allclose(own, before[0], atol=1e-5)
    assert abs(other - own) > 1e-3, "a picture of the other colour says something else"
    np.testing.assert_array_equal(model.predict(user, item), before)


def test_a_model_without_pictures_says_so() -> None:
    with pytest.raises(ValueError, match="looks at no picture"):
        fitted("sin").with_pictures(0, 0, np.zeros((1, 4), np.float32))
