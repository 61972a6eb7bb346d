"""The network of xia2024: feature tokens, transformer encoder, softmax over the rating values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from models.data import Features, Interactions
from models.fusion.encoder import Encoder
from models.fusion.evidence import Behaviour
from models.fusion.history import SHRINK, HistoryCode, Links
from models.fusion.tokens import ITEM_VECTORS, USER_FIELDS, FieldToken, VectorToken, in_order, lift
from models.heads import SoftmaxHead
from models.torch_recommender import PairNetwork

if TYPE_CHECKING:
    from models.fusion.poster_transformer import PosterTransformerConfig


class IdToken(nn.Module):
    """The token of an id: a learned vector beside the code of its history, lifted to the common width."""

    def __init__(self, link: Links, config: PosterTransformerConfig) -> None:
        super().__init__()
        self.identity = nn.Embedding(len(link.count), config.identity_width)
        nn.init.normal_(self.identity.weight, std=0.05)
        self.history = HistoryCode(link, config.history_width)
        code = config.identity_width + self.history.size
        self.drop = nn.Dropout(config.id_dropout)
        self.lift = lift(code, (code + config.width) // 2, config.width)

    def forward(self, sums: tuple[Tensor, ...], owners: Tensor, others: Tensor | None, own: Tensor | None) -> Tensor:
        """[batch, width]; arguments as HistoryCode.forward has them."""
        code = torch.cat([self.identity(owners), self.history(sums, owners, others, own)], 1)
        return self.lift(self.drop(code))


class PosterNetwork(PairNetwork):
    """From (user, item) pairs to a logit for each rating value (eq. 14)."""

    def __init__(
        self,
        train: Interactions,
        features: Features,
        both: tuple[Links, Links],
        behaviour: Behaviour,
        config: PosterTransformerConfig,
    ) -> None:
        super().__init__()
        device = str(both[0].count.device)
        self.user_id, self.item_id = (IdToken(link, config) for link in both)
        self.behaviour = behaviour
        self.behave = nn.Sequential(nn.Dropout(config.id_dropout), nn.Linear(behaviour.size, config.width))

        def field_tokens(fields: dict, first: tuple[str, ...]) -> nn.ModuleList:
            chosen = (fields[name] for name in in_order(fields, first))
            return nn.ModuleList(FieldToken(f, config.field_width, config.width, device) for f in chosen)

        self.of_user = field_tokens(features.user_fields, USER_FIELDS)
        self.of_item = field_tokens(features.item_fields, ())
        contents = in_order(features.item_vectors, ITEM_VECTORS)
        for name in contents:
            self.of_item.append(VectorToken(features.item_vectors[name], both[0], config))
        self.names = (
            *("user", *in_order(features.user_fields, USER_FIELDS)),
            *("item", *in_order(features.item_fields, ()), *contents),
        )
        n_tokens = 2 + len(self.of_user) + len(self.of_item)
        self.encoder = Encoder(n_tokens, config)
        self.head = SoftmaxHead(config.width, train, features, config.squared_weight)
        self.pair_bias = nn.Linear(behaviour.size - behaviour.counts, len(self.head.values), bias=False)
        with torch.no_grad():
            self.pair_bias.weight.copy_(0.5 * (self.head.values - self.head.values.mean())[:, None])

    def core(self, batch: int) -> tuple[nn.Module, Tensor]:
        shape = batch, len(self.encoder.positions) - 2, self.encoder.positions.shape[1]
        return self.encoder, torch.randn(shape, device=self.encoder.positions.device)

    def forward(self, users: Tensor, items: Tensor, rows: Tensor | None = None) -> Tensor:
        """[batch, n rating values] logits; train rows are left out of their users' and items' histories."""
        if rows is None:
            return self.logits(*self.tables(users, items), users, items)
        own_user, own_item = (token.history.link.residual[rows, None] for token in (self.user_id, self.item_id))
        user = self.user_id(self.user_id.history.sums(), users, items, own_user)
        item = self.item_id(self.item_id.history.sums(), items, users, own_item)
        of_user = torch.stack([user, *_looked_up(self.of_user, users)], 1)
        of_item = torch.stack([item, *_looked_up(self.of_item, items)], 1)
        return self.logits(of_user, of_item, users, items, (own_user, own_item), rows)

    def logits(
        self,
        of_user: Tensor,
        of_item: Tensor,
        users: Tensor,
        items: Tensor,
        own: tuple[Tensor | None, Tensor | None] = (None, None),
        rows: Tensor | None = None,
    ) -> Tensor:
        """[batch, n rating values]: from the tokens of users and items, [batch, tokens, width] each, of these pairs.

        own: residuals of train `rows`, to be left out of the histories; None for pairs that are predicted.
        """
        tokens, behaviour = self._tokens(of_user, of_item, users, items, own, rows)
        return self.head(self.encoder(tokens)) + self.pair_bias(behaviour[:, : self.pair_bias.in_features]).float()

    def _tokens(
        self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, own: tuple, rows: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The encoder's input [batch, tokens, width], in the order of `names`, and what behaviour says of the pairs."""
        behaviour = self.behaviour(users, items, rows)
        count, _ = self.item_id.history.link.standing(items, own[1])
        nothing, rare = torch.zeros_like(of_item[:, 0]), SHRINK / (count + SHRINK)
        agreements = [
            token.agreement(users, items, own[0], rare) if isinstance(token, VectorToken) else nothing
            for token in self.of_item
        ]
        of_pair = torch.stack([self.behave(behaviour), *agreements], 1)
        return torch.cat([of_user, of_item + of_pair], 1), behaviour

    @torch.no_grad()
    def attention(self, users: Tensor, items: Tensor) -> Tensor:
        """[batch, tokens]: the share of each token of `names` in what these pairs' predictions are made of."""
        of_user, of_item = self.tables(users, items)
        return self.encoder.rollout(self._tokens(of_user, of_item, users, items, (None, None), None)[0])

    @torch.no_grad()
    def tables(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """The tokens of these users and items, [n, tokens, width] each, with every train rating in the history."""
        user = self.user_id(self.user_id.history.sums(), users, None, None)
        item = self.item_id(self.item_id.history.sums(), items, None, None)
        return (
            torch.stack([user, *(token(users) for token in self.of_user)], 1),
            torch.stack([item, *(token(items) for token in self.of_item)], 1),
        )


def _looked_up(tokens: nn.ModuleList, rows: Tensor) -> list[Tensor]:
    # Each user or item of the batch is lifted once, however often it occurs.
    unique, inverse = rows.unique(return_inverse=True)
    return [token(unique)[inverse] for token in tokens]
