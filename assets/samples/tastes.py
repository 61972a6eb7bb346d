"""Who likes what: latent topics of users and items, the ratings that follow, and what an oracle could know of them.

An item's appeal has three parts that are drawn independently of one another: `text` (readable from its description),
`image` (readable from its picture) and `behaviour` (readable only from who rates it and how). Knocking one out of a
model must therefore cost exactly that part, which is what makes the ablation rows of a report checkable.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

PARTS = ("text", "image", "behaviour")
"""The three sources of appeal, in the order in which the arrays of `Tastes` hold them."""


@dataclass(frozen=True)
class Recipe:
    """How big a sample is and how strong each part of the appeal; strengths are in stars (standard deviations)."""

    seed: int
    """Seed of every random stream of the dataset."""
    users: int
    """Number of users at scale 1."""
    items: int
    """Number of items at scale 1: many, so that each has too few ratings to be known by ratings alone."""
    ratings_per_user: int
    """Mean number of ratings of a user at scale 1."""
    start: int
    """First possible timestamp, epoch seconds."""
    text_topics: int = 6
    """Topics that a description can show."""
    image_topics: int = 6
    """Topics that a picture can show."""
    behaviour_size: int = 3
    """Dimensions of the taste that no content shows."""
    mean: float = 3.1
    """Rating before any taste, in stars."""
    user_spread: float = 0.25
    """Spread of the users' own means."""
    item_spread: float = 0.2
    """Spread of the items' quality."""
    text_spread: float = 0.55
    """Spread that text topics cause."""
    image_spread: float = 0.95
    """Spread that image topics cause: the largest share."""
    behaviour_spread: float = 0.35
    """Spread that the hidden taste causes."""
    noise: float = 0.42
    """Spread of a single rating around everything known."""
    days: int = 1095
    """Length of the period that ratings cover, in days."""

    def scaled(self, scale: float) -> tuple[int, int, int]:
        """(users, items, mean ratings per user) for a sample `scale` times the size; ratings per item stay equal."""
        root = sqrt(scale)
        return (
            max(24, round(self.users * root)),
            max(60, round(self.items * scale)),
            max(8, round(self.ratings_per_user * root)),
        )


@dataclass(frozen=True)
class Tastes:
    """One sampled world. U users, I items, n ratings sorted by user, then time.

    user_topics, item_topics: by part, float [U, k] and [I, k] (the shares of an item's topics sum to 1).
    effects: by part, float [n], stars that the part adds to each rating. known: float [n], mean + user + item.
    users, items: int [n]; ratings: int [n], 1..5; timestamps: int [n], epoch seconds.
    """

    user_topics: dict[str, np.ndarray]
    item_topics: dict[str, np.ndarray]
    user_mean: np.ndarray
    item_quality: np.ndarray
    effects: dict[str, np.ndarray]
    known: np.ndarray
    users: np.ndarray
    items: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A random stream of its own for each purpose, so that a change to one leaves the bytes of the others alone."""
    return np.random.default_rng([seed, *purpose.encode()])


def topic_shares(rng: np.random.Generator, n: int, topics: int) -> np.ndarray:
    """Shares float [n, topics], rows summing to 1: nearly half the items have one topic, the others mix two."""
    first = rng.integers(topics, size=n)
    second = (first + rng.integers(1, topics, size=n)) % topics
    major = np.where(rng.random(n) < 0.45, 1.0, rng.uniform(0.5, 0.8, size=n))
    shares = np.zeros((n, topics))
    shares[np.arange(n), first] = major
    shares[np.arange(n), second] += 1.0 - major
    return shares


def sample(recipe: Recipe, scale: float = 1.0) -> Tastes:
    """Draws users, items and ratings: rating = mean + user + item + text + image + behaviour + noise, rounded, 1..5."""
    n_users, n_items, per_user = recipe.scaled(scale)
    rng = stream(recipe.seed, "tastes")
    user_topics, item_topics = _latent(recipe, rng, n_users, n_items)
    full = {part: np.einsum("uk,ik->ui", user_topics[part], item_topics[part]) for part in PARTS}
    user_mean = rng.normal(0, recipe.user_spread, n_users)
    item_quality = rng.normal(0, recipe.item_spread, n_items)
    users, items = _exposure(recipe, full, item_quality, per_user, stream(recipe.seed, "exposure"))
    timestamps = _timestamps(recipe, users, n_users, stream(recipe.seed, "time"))
    order = np.lexsort((items, timestamps, users))
    users, items, timestamps = users[order], items[order], timestamps[order]
    effects = {part: full[part][users, items] for part in PARTS}
    known = recipe.mean + user_mean[users] + item_quality[items]
    score = known + sum(effects.values()) + stream(recipe.seed, "noise").normal(0, recipe.noise, len(users))
    ratings = np.clip(np.rint(score), 1, 5).astype(np.int64)
    return Tastes(user_topics, item_topics, user_mean, item_quality, effects, known, users, items, ratings, timestamps)


def _latent(recipe: Recipe, rng: np.random.Generator, n_users: int, n_items: int) -> tuple[dict, dict]:
    item_topics = {
        "text": topic_shares(rng, n_items, recipe.text_topics),
        "image": topic_shares(rng, n_items, recipe.image_topics),
        "behaviour": rng.normal(size=(n_items, recipe.behaviour_size)),
    }
    spreads = {"text": recipe.text_spread, "image": recipe.image_spread, "behaviour": recipe.behaviour_spread}
    user_topics = {}
    for part, topics in item_topics.items():
        tastes = rng.normal(size=(n_users, topics.shape[1]))
        tastes -= tastes.mean(axis=0)  # no topic is liked by all, or an item's mean rating would show its topic
        if part != "behaviour":
            tastes -= tastes.mean(axis=1, keepdims=True)  # a user's mean stands in user_mean alone
        raw = np.einsum("uk,ik->ui", tastes, topics)
        user_topics[part] = tastes * (spreads[part] / raw.std())
    return user_topics, item_topics


def _exposure(
    recipe: Recipe, full: dict[str, np.ndarray], quality: np.ndarray, per_user: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Who rates what: by popularity, strongly by the hidden taste, mildly by content (Gumbel top-k per user)."""
    n_users, n_items = full["text"].shape
    logits = 0.4 * rng.normal(size=n_items) + quality
    logits = logits + exposure_logits(recipe, full)
    keys = logits + rng.gumbel(size=(n_users, n_items))
    counts = np.clip(np.rint(per_user * np.exp(rng.normal(-0.03, 0.25, n_users))), 5, n_items // 2).astype(int)
    ranked = np.argsort(-keys, axis=1, kind="stable")
    users = np.repeat(np.arange(n_users), counts)
    return users, np.concatenate([ranked[u, : counts[u]] for u in range(n_users)])


def exposure_logits(recipe: Recipe, full: dict[str, np.ndarray]) -> np.ndarray:
    """Log odds, per part in units of its own spread, that a user comes across an item at all."""
    strength = {
        "text": (0.35, recipe.text_spread),
        "image": (0.3, recipe.image_spread),
        "behaviour": (0.9, recipe.behaviour_spread),
    }
    return sum(weight * full[part] / spread for part, (weight, spread) in strength.items())


def _timestamps(recipe: Recipe, users: np.ndarray, n_users: int, rng: np.random.Generator) -> np.ndarray:
    """Users join during the first half of the period and stay to its end, so a late test period knows its users."""
    joined = rng.uniform(0, 0.5, n_users)[users]
    moment = joined + (1 - joined) * rng.random(len(users))
    return recipe.start + (moment * recipe.days * 86400).astype(np.int64)


def oracle_rmse(recipe: Recipe, tastes: Tastes, draws: int = 96) -> dict[str, float]:
    """RMSE of the best possible prediction that knows mean, user, item and the named parts exactly, by subset.

    What is not known is integrated out over the items that the same user might have met (`draws` of them).
    Keys: parts joined by "+", "none" for the empty subset.
    """
    rng = stream(recipe.seed, "oracle")
    full = {part: np.einsum("uk,ik->ui", tastes.user_topics[part], tastes.item_topics[part]) for part in PARTS}
    keys = exposure_logits(recipe, full) + rng.gumbel(size=full["text"].shape)
    met = np.argsort(-keys, axis=1, kind="stable")[:, :draws]
    steps, expected = _expected_rating(recipe.noise)
    result = {}
    for bits in range(2 ** len(PARTS)):
        subset = [part for i, part in enumerate(PARTS) if bits >> i & 1]
        base = tastes.known + sum((tastes.effects[part] for part in subset), np.zeros(len(tastes.users)))
        missing = sum((full[part] for part in PARTS if part not in subset), np.zeros_like(full["text"]))
        unseen = np.take_along_axis(missing, met, axis=1)[tastes.users]
        prediction = np.interp(base[:, None] + unseen, steps, expected).mean(axis=1)
        result["+".join(subset) or "none"] = float(np.sqrt(np.mean((tastes.ratings - prediction) ** 2)))
    return result


def _expected_rating(noise: float) -> tuple[np.ndarray, np.ndarray]:
    """E[clip(round(y + noise), 1, 5)] on a grid of y: the sum of P(rating > k) over the steps k + 1/2."""
    steps = np.linspace(-4, 10, 1401)
    tail = np.vectorize(lambda y: 1 + sum(0.5 * (1 + erf((y - k - 0.5) / (noise * sqrt(2)))) for k in range(1, 5)))
    return steps, tail(steps)
