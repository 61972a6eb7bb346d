"""From what a modality holds of a user, an item and the two together to one code; shared by all fusion models.

A `Side` is what is known of users, or of items: vectors, fields, reviews, an identity. Each source is brought to the
common width by a dense layer of its own and the results are added, which is one dense layer over all of them side by
side. A `ModalityEncoder` joins both sides and the modality's evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from models.data import Features, Field, Interactions
from models.fusion.codes import CLAMP, one_hot, standardised_table
from models.fusion.dropout import Dropout
from models.fusion.evidence import Evidence
from models.fusion.history import Links
from models.modalities import is_image


class Widths(NamedTuple):
    """Sizes that all encoders of a model share. code: of what comes out; identity: of an id's own vector;
    drop: share of the vectors' entries dropped in training."""

    code: int
    identity: int
    drop: float


class VectorSource(nn.Module):
    """An encoder's outputs, standardised per dimension; a learned vector stands for those that are missing."""

    def __init__(self, vectors: np.ndarray, widths: Widths, project: nn.Module | None = None) -> None:
        super().__init__()
        present = np.any(vectors != 0, axis=1, keepdims=True)
        self.register_buffer("vectors", torch.from_numpy(standardised_table(vectors)), persistent=False)
        self.register_buffer("present", torch.from_numpy(present), persistent=False)
        self.project = nn.Sequential(Dropout(widths.drop), project or nn.Linear(vectors.shape[1], widths.code))
        self.missing = nn.Parameter(torch.zeros(widths.code))

    def forward(self, ids: Tensor) -> Tensor:
        """[len(ids), code]"""
        code = self.project(self.vectors[ids])
        return torch.where(self.present[ids], code, self.missing.to(code.dtype))


class FieldSource(nn.Module):
    """A structured field, one-hot or multi-hot."""

    def __init__(self, field: Field, widths: Widths) -> None:
        super().__init__()
        self.multi_hot = field.multi_hot
        values = standardised_table(one_hot(field)) if field.multi_hot else field.values.astype(np.int64)
        self.register_buffer("values", torch.from_numpy(values), persistent=False)
        # A row of an embedding is what a dense layer makes of a one-hot code, without the product with zeros.
        self.project = nn.Linear(field.size, widths.code) if field.multi_hot else _small(field.size, widths.code)

    def forward(self, ids: Tensor) -> Tensor:
        """[len(ids), code]"""
        return self.project(self.values[ids])


class IdentitySource(nn.Module):
    """A learned vector for each id."""

    def __init__(self, n: int, widths: Widths) -> None:
        super().__init__()
        self.identity = _small(n, widths.identity)
        self.project = nn.Linear(widths.identity, widths.code)

    def forward(self, ids: Tensor) -> Tensor:
        """[len(ids), code]"""
        return self.project(self.identity(ids))


class Reviews:
    """The vectors of the train reviews, row for row, on the device; made once and shared, since they may be large."""

    def __init__(self, reviews: np.ndarray, device: str) -> None:
        written = np.any(reviews != 0, axis=1)
        known = reviews[written] if written.any() else np.zeros((1, reviews.shape[1]), np.float32)
        arrays = reviews, written, known.mean(0), np.maximum(known.std(0), 1e-6)
        self.vectors, self.written, self.middle, self.spread = (torch.from_numpy(a).to(device) for a in arrays)

    def sums(self, owners: np.ndarray, n: int) -> tuple[Tensor, Tensor]:
        """Of each of n owners the sum of the reviews [n, d] and their number [n, 1]; owners: int [rows]."""
        index = torch.from_numpy(owners.astype(np.int64)).to(self.vectors.device)
        total = self.vectors.new_zeros(n, self.vectors.shape[1]).index_add_(0, index, self.vectors)
        return total, self.vectors.new_zeros(n, 1).index_add_(0, index, self.written[:, None].to(total.dtype))


class ReviewSource(nn.Module):
    """The mean of the train reviews of a user, or of an item; in training without the target's own."""

    def __init__(self, reviews: Reviews, owners: np.ndarray, n: int, widths: Widths) -> None:
        super().__init__()
        self.of = reviews
        self.total, self.count = reviews.sums(owners, n)
        self.project = nn.Sequential(Dropout(widths.drop), nn.Linear(self.total.shape[1], widths.code))
        self.missing = nn.Parameter(torch.zeros(widths.code))

    def mean(self, owners: Tensor, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        """[batch, d], and bool [batch, 1]: whether there is any review to take the mean of."""
        total, count = self.total[owners], self.count[owners]
        if rows is not None:
            total, count = total - self.of.vectors[rows], count - self.of.written[rows, None].to(count.dtype)
        return total / count.clamp(min=1), count > 0.5

    def forward(self, owners: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, code]"""
        mean, known = self.mean(owners, rows)
        code = self.project(((mean - self.of.middle) / self.of.spread).clamp(-CLAMP, CLAMP))
        return torch.where(known, code, self.missing.to(code.dtype))


class Likings(nn.Module):
    """A user's picture of a content: the codes of what he rated, weighted by how; in training without the target.

    The sum of residual x code, less what the user's mean rating explains of it, divided by the root of the number of
    ratings; beside it, the same sum without the ratings: what he met at all.
    """

    def __init__(self, link: Links, items: np.ndarray, codes: np.ndarray, widths: Widths) -> None:
        """items: int [n] of the train rows. codes: float [n_items, k]."""
        super().__init__()
        device = link.count.device
        self.link, self.items = link, torch.from_numpy(items.astype(np.int64)).to(device)
        self.codes = torch.from_numpy(codes.astype(np.float32)).to(device)
        self.weighted, self.plain = link.weighted[0] @ self.codes, link.plain[0] @ self.codes
        self.project = nn.Linear(2 * codes.shape[1], widths.code)

    def picture(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2 k]: weighted and plain sums of the users, of train `rows` without these."""
        weighted, plain, own = self.weighted[users], self.plain[users], None
        if rows is not None:
            own, codes = self.link.residual[rows, None], self.codes[self.items[rows]]
            weighted, plain = weighted - own * codes, plain - codes
        count, mean = self.link.standing(users, own)
        return torch.cat([weighted - mean * plain, plain], 1) * torch.rsqrt(count.clamp(min=0) + 1)

    def forward(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, code]"""
        return self.project(self.picture(users, rows))


class Side(nn.Module):
    """All that is known of users, or of items: the sum of its sources; nothing but a constant where it has none.

    fixed: sources that say the same of an id in every row. histories: those from which train rows are left out.
    """

    def __init__(self, fixed: list[nn.Module], histories: list[nn.Module], width: int) -> None:
        super().__init__()
        self.fixed, self.histories = nn.ModuleList(fixed), nn.ModuleList(histories)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, ids: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, code]; train `rows` are left out of the histories."""
        # Each user or item of the batch is projected once, however often it occurs.
        unique, inverse = ids.unique(return_inverse=True)
        total = self.bias.expand(len(unique), -1)
        for source in self.fixed:
            total = total + source(unique)
        total = total[inverse]
        for source in self.histories:
            total = total + source(ids, rows)
        return total


Projector = Callable[[int, int], nn.Module]
"""From the length of a vector and the width of a code to the layers between them."""


def sides(
    part: Features,
    train: Interactions,
    widths: Widths,
    *,
    reviews: Reviews | None = None,
    identities: bool = False,
    images: Projector | None = None,
) -> tuple[Side, Side]:
    """The sides of users and items for features of one modality, or of several.

    reviews: those of `part`, on the device. identities: whether every id has a vector of its own. images: layers for
    pictures; a dense one by default.
    """

    def side(n: int, vectors: dict[str, np.ndarray], fields: dict[str, Field], owners: np.ndarray) -> Side:
        fixed: list[nn.Module] = [IdentitySource(n, widths)] if identities else []
        for name, table in vectors.items():
            layers = images(table.shape[1], widths.code) if images and is_image(name) else None
            fixed.append(VectorSource(table, widths, layers))
        fixed += [FieldSource(field, widths) for field in fields.values()]
        written = [] if part.reviews is None or reviews is None else [ReviewSource(reviews, owners, n, widths)]
        return Side(fixed, written, widths.code)

    return (
        side(part.n_users, part.user_vectors, part.user_fields, train.users),
        side(part.n_items, part.item_vectors, part.item_fields, train.items),
    )


class ModalityEncoder(nn.Module):
    """What one modality says of a pair: relu(user + item + evidence), and a dense layer on top."""

    def __init__(self, users: Side, items: Side, evidence: Evidence, width: int) -> None:
        super().__init__()
        self.users, self.items, self.evidence = users, items, evidence
        self.of_pair = nn.Linear(evidence.size, width, bias=False)
        self.lift = nn.Linear(width, width)

    def forward(self, of_user: Tensor, of_item: Tensor, known: Tensor) -> Tensor:
        """[batch, code] from both sides [batch, code] and the evidence [batch, evidence.size]."""
        return self.lift((of_user + of_item + self.of_pair(known)).relu()).relu()


def _small(n: int, width: int) -> nn.Embedding:
    table = nn.Embedding(n, width)
    nn.init.normal_(table.weight, std=0.05)
    return table
