"""What all fusion models share: evidence and encoders of every modality, and predictions from some of them only."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, NamedTuple

import numpy as np

from models.data import Features, Interactions
from models.fusion.evidence import BEHAVIOUR, codes_of, evidence_of, items_with, modalities_of, only
from models.fusion.fusion_network import FusionConfig, FusionNetwork
from models.fusion.history import links
from models.fusion.modality_encoders import Likings, ModalityEncoder, Projector, Reviews, Widths, sides
from models.fusion.two_sided import TwoSidedRecommender
from models.modalities import MODALITIES, SENTIMENT


class Scored(NamedTuple):
    """Expected ratings, and what they were made without.

    ratings: float32 [n], not clipped to the scale, so that they also rank.
    missing: bool [n, modalities], True where a modality was withheld or the item has none of it.
    modalities: the columns of `missing`, those that the model looks at.
    """

    ratings: np.ndarray
    missing: np.ndarray
    modalities: tuple[str, ...]

    def flags(self) -> list[str]:
        """What is missing of each pair, as "audio, video"; "" where nothing is."""
        return _named(self.missing, self.modalities)


def _named(missing: np.ndarray, modalities: tuple[str, ...]) -> list[str]:
    return [", ".join(name for name, absent in zip(modalities, row, strict=True) if absent) for row in missing.tolist()]


class Multimodal(TwoSidedRecommender):
    """A recommender over whatever modalities the dataset has: those of `models.modalities`, and behaviour.

    A modality that is registered there later has an encoder at once. Any may be missing: for a dataset, for an item,
    or when it is asked (`predict_with`).
    """

    uses_content: ClassVar[bool] = True
    uses_sentiment: ClassVar[bool] = True
    Config = FusionConfig
    fuses_preferences: ClassVar[bool] = True
    """Whether the network is also given preferences for the codes of several modalities together."""
    modalities: tuple[str, ...] = ()
    """Those that the fitted model looks at."""

    def predict_with(self, users: np.ndarray, items: np.ndarray, modalities: Collection[str]) -> np.ndarray:
        """float32 [n]: the expected rating of each pair as `predict` gives it, from these modalities alone.

        Raises ValueError where one is unknown to the fitted model, or none is given.
        """
        self._require_fitted()
        if not modalities or set(modalities) - set(self.modalities):
            raise ValueError(f"{self.name}: modalities {sorted(modalities)}; it was fitted with {self.modalities}")
        return np.clip(self._from(users, items, modalities), *self._features.scale).astype(np.float32)

    def scored(self, users: np.ndarray, items: np.ndarray, withheld: Collection[str] = ()) -> Scored:
        """The expected rating of each pair with some modalities withheld, and a flag on all that was missing.

        A modality that the model does not look at may be withheld too; that changes nothing. Raises ValueError where
        one is none at all, or where nothing would be left to look at.
        """
        self._require_fitted()
        if unknown := set(withheld) - {*MODALITIES, BEHAVIOUR, *self.modalities}:
            known = ", ".join((*MODALITIES, BEHAVIOUR))
            raise ValueError(f"{self.name}: no modality {', '.join(sorted(unknown))}; there are {known}")
        kept = [name for name in self.modalities if name not in withheld]
        if not kept:
            raise ValueError(f"{self.name}: it looks at {', '.join(self.modalities)}, and all of that is withheld")
        all_there = len(kept) == len(self.modalities)
        ratings = self._average(users, items) if all_there else self._from(users, items, kept)
        absent = np.array([name in withheld for name in self.modalities])
        return Scored(np.asarray(ratings, np.float32), ~self._has[items] | absent, self.modalities)

    def lacking(self) -> list[str]:
        """Of each item the modalities that the model looks at and the item has none of, as "audio, video"."""
        self._require_fitted()
        return _named(~self._has, self.modalities)

    def _from(self, users: np.ndarray, items: np.ndarray, modalities: Collection[str]) -> np.ndarray:
        """float [n]: expected ratings from these modalities, not clipped."""
        every = []
        for network in self._networks:
            with network.looking_at(modalities):
                every.append(self._expected(network, users, items))
        return np.mean(every, axis=0)

    def _chosen(self, features: Features) -> tuple[str, ...]:
        """The modalities to look at, of those that the dataset has."""
        return modalities_of(features)

    def _build(self, train: Interactions, features: Features) -> None:
        # What all networks look at is made once.
        self.modalities = self._chosen(features)
        single, fused = [(modality,) for modality in self.modalities], self._fused_sets()
        self._has = np.stack([items_with(name, train, features) for name in self.modalities], 1)
        self._links = links(train, features.n_users, features.n_items, self.device)
        self._codes = codes_of(train, features, self.modalities)
        self._evidence = evidence_of(train, features, [*single, *fused], self._codes, self._links, self.device)
        self._fused = {some: self._evidence[some] for some in fused}
        self._reviews = None if features.reviews is None else Reviews(features.reviews, self.device)
        super()._build(train, features)

    def _fused_sets(self) -> list[tuple[str, ...]]:
        """The sets of modalities that preferences are for jointly: all content, and that with behaviour."""
        coded = tuple(modality for modality in self.modalities if modality != SENTIMENT)
        content = tuple(modality for modality in coded if modality != BEHAVIOUR)
        sets = [some for some in (content, coded) if len(some) > 1]
        return list(dict.fromkeys(sets)) if self.fuses_preferences else []

    def _encoder(self, modality: str, train: Interactions, features: Features) -> ModalityEncoder:
        """The encoder of one modality: behaviour's knows the ids, the others what each user liked of it."""
        widths = Widths(self.config.width, self.config.identity_width, self.config.vector_dropout)
        part, ids = only(features, modality), modality == BEHAVIOUR
        users, items = sides(part, train, widths, reviews=self._reviews, identities=ids, images=self._images())
        codes = self._codes[modality]
        if not ids and codes.shape[1]:
            users.histories.append(Likings(self._links[0], train.items, codes, widths))
        return ModalityEncoder(users, items, self._evidence[modality,], widths.code)

    def _images(self) -> Projector | None:
        """Layers for pictures, where they are not a dense one."""
        return None

    def _encoders(self, train: Interactions, features: Features) -> dict[str, ModalityEncoder]:
        return {modality: self._encoder(modality, train, features) for modality in self.modalities}

    def _network(self, train: Interactions, features: Features) -> FusionNetwork:
        encoders = self._encoders(train, features)
        return FusionNetwork(encoders, self._fused, train, features, self.config, self.device)
