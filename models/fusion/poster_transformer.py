"""Movie recommendation with poster attention (Xia et al. 2024): a transformer over ten feature tokens of a pair."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from models.data import Features, Interactions
from models.fusion.codes import standardised_like
from models.fusion.evidence import Behaviour
from models.fusion.history import links
from models.fusion.poster_network import PosterNetwork
from models.fusion.two_sided import distinct
from models.modalities import without, without_fields
from models.torch_recommender import TorchConfig, TorchRecommender
from models.training import autocast

PAIRS = 512
"""Pairs that are predicted at a time on a CPU: what fits its cache is much faster than twice or ten times as many."""

SMALL, SMALL_STEP = 20_000, 512
"""Ratings of a small train fold, and of a step there. With 128, as `TrainingConfig` has it, the sample shop takes a
quarter longer for the same validation RMSE: 0.772 against 0.770, means of three seeds."""


class PosterTransformerConfig(TorchConfig):
    """Sizes of the network and its regularisation; TorchConfig's fields besides."""

    epochs: int = Field(6, ge=1, le=1000)
    """Passes over the train fold at most, for each restart."""
    batch_size: int | None = Field(None, ge=1)
    """Ratings a step. None: 512 for a train fold of fewer than 20,000, else about a ninetieth, a power of two."""
    patience: int = Field(2, ge=1)
    """Epochs without a better validation RMSE after which a restart stops."""
    width: int = Field(64, ge=8, le=4096)
    """Length of a token. The paper has 768; 64 is as good on 90,000 ratings and what two CPU cores train in minutes."""
    layers: int = Field(2, ge=1, le=24)
    """Encoder layers."""
    heads: int = Field(4, ge=1, le=64)
    """Attention heads; they divide the width."""
    feed_forward: int = Field(2, ge=1, le=8)
    """Inner width of the feed-forward layers, in widths."""
    identity_width: int = Field(16, ge=1, le=1024)
    """Length of the vector learned for each user and item id."""
    history_width: int = Field(32, ge=1, le=1024)
    """Length of the vectors learned for what a rated item says of a user, and a rater of an item."""
    field_width: int = Field(16, ge=1, le=1024)
    """Length that the code of a structured field is brought to first."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the encoder's features dropped in training."""
    id_dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the id codes' features dropped in training."""
    vector_dropout: float = Field(0.2, ge=0, lt=1)
    """Share of the image and text vectors' entries dropped in training."""
    agreement_width: int = Field(8, ge=1, le=1024)
    """Principal components of an image or text that are compared with what the user rated."""
    agreement_dropout: float = Field(0.3, ge=0, lt=1)
    """Share of that comparison dropped in training."""
    squared_weight: float = Field(1.0, ge=0, le=100)
    """Weight of the expectation's squared error beside the cross-entropy."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> PosterTransformerConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width: {self.width} is not a multiple of twice the {self.heads} heads")
        return self


class PosterTransformer(TorchRecommender):
    """Feature tokens -> transformer encoder -> softmax over the rating values; the expectation is the prediction.

    Follows sections 3.1-3.5 of the paper: user id, age, ZIP, occupation, gender, film id, genre, poster, title and
    introduction, each lifted to a common width by dense layers with ReLU, between learned [CLS] and [SEP], with fixed
    sinusoidal positions. Datasets with other fields have a token for each of theirs. Variant `cro` has the poster,
    `sin` leaves it out.

    What the paper leaves open is decided here. (1) "Different low dimensional coding methods" of the ids: a learned
    vector, a summary of the id's other ratings, and what the ratings say of the pair (`evidence.Behaviour`), the target
    always left out; a one-hot id alone must learn each user from some hundred ratings. (2) Poster, title and
    introduction tokens carry, beside the encoder's vector, how it agrees with the contents that the user rated; without
    it the network finds no taste for content in some ten thousand ratings. It counts the more, the fewer ratings an
    item has. (3) The loss: cross-entropy of the softmax and squared error of its expectation, which is what RMSE asks
    for. One thing departs from the letter: the bias b of eq. 14 is not a constant but linear in these eight
    numbers of the ratings, so that the encoder has not to spend its first epochs on them.

    Evidence (validation RMSE of one network, seed 0). ML-100K: ids, histories and (3) alone 0.905; with the bias in the
    means 0.8955; with (2) as well 0.904, and gated by the item's ratings 0.8965; with agreement by ratings 0.8845.
    Sample shop: 1.03 without (2), 0.79 with it. With agreement by company and the preferences besides,
    seed 10 of ML-100K went from 0.8817 to 0.8658.
    """

    name: ClassVar[str] = "poster-transformer"
    version: ClassVar[str] = "2"
    variants: ClassVar[tuple[str, ...]] = ("cro", "sin")
    uses_content: ClassVar[bool] = True
    Config = PosterTransformerConfig

    def _narrowed(self, features: Features) -> Features:
        # The paper's ten tokens and no more; the year of release is part of most titles.
        features = replace(without_fields(features, "year"), user_vectors={}, reviews=None)
        return without(features, "image") if self.variant == "sin" else features

    def _build(self, train: Interactions, features: Features) -> None:
        # What all restarts look at is made once.
        self._links = links(train, features.n_users, features.n_items, self.device)
        self._behaviour = Behaviour(train, self._links, features, self.device)
        super()._build(train, features)

    def _training(self) -> PosterTransformerConfig:
        asked = self.config.batch_size is not None or len(self._train) >= SMALL
        return self.config if asked else self.config.model_copy(update={"batch_size": SMALL_STEP})

    def _network(self, train: Interactions, features: Features) -> PosterNetwork:
        return PosterNetwork(train, features, self._links, self._behaviour, self.config)

    @torch.no_grad()
    def _expected(self, network: PosterNetwork, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        unique_users, user = distinct(users, self._features.n_users)
        unique_items, item = distinct(items, self._features.n_items)
        with autocast(torch.device(self.device)):
            tables = network.tables(self._indices(unique_users), self._indices(unique_items))
            return self._over_pairs(network, tables, (unique_users, unique_items), (user, item))

    def _over_pairs(
        self,
        network: PosterNetwork,
        tables: tuple[Tensor, Tensor],
        ids: tuple[np.ndarray, np.ndarray],
        rows: tuple[np.ndarray, np.ndarray],
    ) -> np.ndarray:
        """Expected ratings of pairs. tables: tokens of the users and items `ids`; rows: the pairs, as rows of both."""
        size = PAIRS if self.device == "cpu" else 64 * PAIRS
        of_user, of_item = tables
        users, items = (self._indices(some) for some in ids)
        out = [np.zeros(0, np.float32)]
        for start in range(0, len(rows[0]), size):
            u, i = (self._indices(part[start : start + size]) for part in rows)
            logits = network.logits(of_user[u], of_item[i], users[u], items[i])
            out.append(network.head.expectation(logits).cpu().numpy())
        return np.concatenate(out)

    def attention(self, users: np.ndarray, items: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
        """Names of the tokens, and float32 [n, tokens]: their shares in each pair's prediction, mean of restarts."""
        self._require_fitted()
        pairs = self._indices(users), self._indices(items)
        shares = [network.attention(*pairs).cpu().numpy() for network in self._networks]
        return self._networks[0].names, np.mean(shares, axis=0)

    def with_pictures(self, user: int, item: int, vectors: np.ndarray) -> np.ndarray:
        """float32 [n]: the predicted rating if the item's picture had each of these vectors, float32 [n, d].

        For an item that the user has not rated. Raises ValueError for the variant that looks at no picture.
        """
        if "image" not in self._features.item_vectors:
            raise ValueError(f"{self.name} {self.variant}: this model looks at no picture")
        names = self._networks[0].names
        place = names.index("image") - names.index("item") - 1
        tokens = [network.of_item[place] for network in self._networks]
        standard = standardised_like(vectors, self._features.item_vectors["image"])
        predicted = []
        for row in standard:
            with ExitStack() as shown:
                for token in tokens:
                    shown.enter_context(token.showing(item, row))
                predicted.append(self.predict(np.array([user]), np.array([item]))[0])
        return np.array(predicted, dtype=np.float32)
