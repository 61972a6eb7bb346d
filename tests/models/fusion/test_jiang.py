"""The network of jiang2024: two vectors, their product and an MLP; what its ablations leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data import Features, Field, Interactions
from models.fusion.history import links
from models.fusion.jiang import Jiang, JiangConfig
from models.fusion.jiang_network import JiangNetwork
from models.fusion.modality_encoders import IdentitySource, Likings, Reviews, ReviewSource

N_USERS, N_ITEMS, N = 12, 15, 90
TINY = JiangConfig(width=8, epochs=1, batch_size=32)


def world() -> tuple[Interactions, Features]:
    rng = np.random.default_rng(0)
    cells = rng.choice(N_USERS * N_ITEMS, N, replace=False)
    train = Interactions(
        (cells // N_ITEMS).astype(np.int32), (cells % N_ITEMS).astype(np.int32),
        rng.integers(1, 6, N).astype(np.float32), np.full(N, -1, np.int64),
    )  # fmt: skip
    normal = lambda n, d: rng.normal(size=(n, d)).astype(np.float32)  # noqa: E731
    return train, Features(
        N_USERS, N_ITEMS, (1, 2, 3, 4, 5),
        user_fields={"age": Field(rng.integers(0, 3, N_USERS).astype(np.int32), 3)},
        item_fields={"genre": Field(rng.integers(0, 2, (N_ITEMS, 3)).astype(np.float32), 3)},
        item_vectors={"image": normal(N_ITEMS, 6), "title": normal(N_ITEMS, 5)},
        user_vectors={"profile": normal(N_USERS, 4)}, reviews=normal(N, 4),
    )  # fmt: skip


def network(features: Features | None = None, config: JiangConfig = TINY) -> JiangNetwork:
    train, all_of_it = world()
    features = all_of_it if features is None else features
    torch.manual_seed(0)
    reviews = None if features.reviews is None else Reviews(features.reviews, "cpu")
    return JiangNetwork(train, features, links(train, N_USERS, N_ITEMS)[0], reviews, config).eval()


def test_the_last_layer_joins_product_and_mlp() -> None:
    net = network()
    users, items = torch.tensor([1, 2]), torch.tensor([3, 4])
    p, q = net.users(users, None), net.items(items, None)
    assert p.shape == q.shape == (2, 16)
    first = torch.cat([net.from_user.weight, net.from_item.weight], 1)
    hidden = (torch.cat([p, q], 1) @ first.T + net.from_user.bias).clamp(min=0)
    hidden = (hidden @ net.deeper[2].weight.T + net.deeper[2].bias).clamp(min=0)
    assert hidden.shape == (2, 64)
    torch.testing.assert_close(net(users, items), net.head(torch.cat([p * q, hidden], 1)))


def test_users_and_items_have_texts_pictures_and_structure() -> None:
    net = network()
    (user_content, user_fields), (item_content, item_fields) = net.users.parts, net.items.parts
    assert len(user_content.fixed) == 1 and len(item_content.fixed) == 2  # profile; image and title
    assert [type(h) for h in user_content.histories] == [ReviewSource, Likings, Likings]
    assert [type(h) for h in item_content.histories] == [ReviewSource]
    assert len(user_fields.fixed) == len(item_fields.fixed) == 1


def test_ids_are_no_part_of_it_unless_asked_for() -> None:
    def identities(config: JiangConfig) -> int:
        return sum(isinstance(module, IdentitySource) for module in network(config=config).modules())

    assert identities(TINY) == 0
    assert identities(TINY.model_copy(update={"identities": True})) == 2


@pytest.mark.parametrize(
    ("variant", "changed"),
    [
        ("no-image", {"item_vectors": ("image",)}),
        ("no-text", {"item_vectors": ("title",), "user_vectors": ("profile",), "reviews": ()}),
        ("no-structure", {"user_fields": ("age",), "item_fields": ("genre",)}),
    ],
)
def test_an_ablation_does_not_see_what_it_leaves_out(variant: str, changed: dict[str, tuple[str, ...]]) -> None:
    train, features = world()
    rng = np.random.default_rng(5)

    def shuffled(values: np.ndarray | Field) -> np.ndarray | Field:
        if isinstance(values, Field):
            return replace(values, values=rng.permutation(values.values))
        return rng.permutation(values)

    spoilt = replace(
        features,
        **{
            name: shuffled(features.reviews)
            if name == "reviews"
            else {k: shuffled(v) if k in keys else v for k, v in getattr(features, name).items()}
            for name, keys in changed.items()
        },
    )
    valid = train.take(np.arange(20))
    predicted = []
    for some in (features, spoilt):
        model = Jiang(TINY, variant=variant)
        model.fit(train, valid, some)
        predicted.append(model.predict(train.users, train.items))
    np.testing.assert_array_equal(*predicted)
    plain = [Jiang(TINY) for _ in range(2)]
    for model, some in zip(plain, (features, spoilt), strict=True):
        model.fit(train, valid, some)
    assert not np.array_equal(*(model.predict(train.users, train.items) for model in plain))


def test_a_train_rows_own_review_and_rating_are_not_looked_at() -> None:
    """Another review of the target changes nothing for it, and much for the user's other ratings."""
    train, features = world()
    row = 7
    of_same_user = int(np.flatnonzero((train.users == train.users[row]) & (np.arange(N) != row))[0])
    reviews = features.reviews.copy()
    reviews[row] += 3
    before, after = network(), network(replace(features, reviews=reviews))
    # Standardisation looks at all reviews; here it is the leaving out that is asked for.
    for source in (m for m in after.modules() if isinstance(m, ReviewSource)):
        source.of.middle, source.of.spread = (
            getattr(next(m for m in before.modules() if isinstance(m, ReviewSource)).of, name)
            for name in ("middle", "spread")
        )

    def output(net: JiangNetwork, at: int) -> torch.Tensor:
        rows = torch.tensor([at])
        return net(*(torch.from_numpy(side[[at]].astype(np.int64)) for side in (train.users, train.items)), rows)

    torch.testing.assert_close(output(before, row), output(after, row), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(output(before, of_same_user), output(after, of_same_user), atol=1e-3)
