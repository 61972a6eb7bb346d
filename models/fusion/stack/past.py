"""What a user did before a moment: his drift, his session, and how he rated what resembles an item.

Only ratings with an earlier timestamp are looked at; what was rated in the same second is not before it.
"""

from __future__ import annotations

import numpy as np

from models.data import Interactions

HALF_LIVES = (60, 600, 3600, 86_400, 7 * 86_400)
"""Seconds after which a residual counts half."""
LAST = (1, 3, 10, 30)
"""Numbers of latest ratings over which residuals are averaged."""
SESSION = (60, 3600)
"""Seconds in which ratings are counted."""
RESEMBLING = 200
"""Latest ratings that are compared with the target item, at most."""
PAIRS = 8_000_000
"""Comparisons that are held in memory at a time."""
_LATEST = np.int64(1) << 33
"""Above every timestamp, so that (owner, time) is one sortable number."""

Columns = dict[str, np.ndarray]


class Past:
    """Ratings in the order of their owners (users, or items) and time; those without a time are left out."""

    def __init__(self, owners: np.ndarray, others: np.ndarray, rows: Interactions, n_owners: int) -> None:
        order = np.lexsort((others, rows.timestamps, owners))
        self.order = order[rows.timestamps[order] >= 0]
        self.owners, self.others = owners[self.order].astype(np.int64), others[self.order]
        self.times, self.ratings = rows.timestamps[self.order], rows.ratings[self.order].astype(np.float64)
        self._key = self.owners * _LATEST + self.times
        self._start = np.searchsorted(self.owners, np.arange(n_owners + 1))

    @classmethod
    def of_users(cls, rows: Interactions, n_users: int) -> Past:
        """Everybody's ratings."""
        return cls(rows.users, rows.items, rows, n_users)

    @classmethod
    def of_items(cls, rows: Interactions, n_items: int) -> Past:
        """Every item's ratings, by whomever."""
        return cls(rows.items, rows.users, rows, n_items)

    def before(self, owners: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """int64 [n] twice: the first place at or after the time, and the owner's first place; the past is between."""
        owners = owners.astype(np.int64)
        return np.searchsorted(self._key, owners * _LATEST + np.maximum(times, 0)), self._start[owners]

    def decayed(self, values: np.ndarray, half_life: float) -> tuple[np.ndarray, np.ndarray]:
        """At every place: the sum of the values up to it, each halved every `half_life` seconds, and of the weights."""
        place = np.arange(len(values)) - self._start[self.owners]
        gaps = np.diff(self.times, prepend=self.times[:1])
        keep = np.where(place > 0, 0.5 ** (np.maximum(gaps, 0) / half_life), 0)
        total, weight = values.astype(np.float64).copy(), np.ones(len(values))
        # One step for all owners' second ratings, one for their third, ...: each builds on the one before it.
        order = np.argsort(place, kind="stable")
        for rows in np.split(order, np.cumsum(np.bincount(place))[:-1])[1:] if len(place) else []:
            total[rows] += keep[rows] * total[rows - 1]
            weight[rows] += keep[rows] * weight[rows - 1]
        return total, weight


class Drift:
    """How the residuals of the past stand: on the whole, lately, and one by one."""

    def __init__(self, past: Past, residuals: np.ndarray) -> None:
        """residuals: float [n], in the order of the ratings that `past` was made of."""
        self.past, self.residuals = past, residuals[past.order]
        self.sums, self.squares = (np.append(0, np.cumsum(values)) for values in (self.residuals, self.residuals**2))
        self.decayed = {half_life: past.decayed(self.residuals, half_life) for half_life in HALF_LIVES}

    def columns(self, owners: np.ndarray, times: np.ndarray) -> Columns:
        """float [n] each, for these owners at these times."""
        position, start = self.past.before(owners, times)
        count, any_, last = position - start, position > start, np.maximum(position - 1, 0)
        total = self.sums[position] - self.sums[start]
        square = (self.squares[position] - self.squares[start]) / np.maximum(count, 1)
        gap = np.where(any_, times - self.past.times[last], 0.0)
        found = {"mean": total / (count + 5)}
        found["spread"] = np.sqrt(np.maximum(square - (total / np.maximum(count, 1)) ** 2, 0))
        for half_life, (summed, weight) in self.decayed.items():
            kept = np.where(any_, 0.5 ** (gap / half_life), 0)
            found[f"decayed_{half_life}"] = summed[last] * kept / (weight[last] * kept + 1)
            found[f"turned_{half_life}"] = found[f"decayed_{half_life}"] - found["mean"]
        for n in LAST:
            first = np.maximum(position - n, start)
            found[f"last_{n}"] = (self.sums[position] - self.sums[first]) / (position - first + 2)
        for n in (1, 2, 3):
            found[f"residual_{n}"] = np.where(count >= n, self.residuals[np.maximum(position - n, 0)], np.nan)
        return found


def session(past: Past, popularity: np.ndarray, owners: np.ndarray, items: np.ndarray, times: np.ndarray) -> Columns:
    """Where in his session a user is, and how the target's popularity differs from what he rated before it.

    popularity: float [n_items], log counts.
    """
    position, start = past.before(owners, times)
    count, last, first = position - start, np.maximum(position - 1, 0), np.minimum(start, len(past.times) - 1)
    new_second = np.append(True, (np.diff(past.times) != 0) | (np.diff(past.owners) != 0))
    seconds, shown = np.append(0, np.cumsum(new_second)), np.append(0, np.cumsum(popularity[past.others]))
    columns: Columns = {
        "rated": count,
        "gap": np.where(count > 0, times - past.times[last], np.nan),
        "since_first": np.where(count > 0, times - past.times[first], np.nan),
    }
    for length in SESSION:
        begin = np.maximum(past.before(owners, times - length)[0], start)
        columns[f"within_{length}"] = position - begin
        columns[f"a_second_{length}"] = (position - begin) / np.maximum(seconds[position] - seconds[begin], 1)
    for n in (1, 5, 20):
        begin = np.maximum(position - n, start)
        mean = (shown[position] - shown[begin]) / np.maximum(position - begin, 1)
        columns[f"popularity_less_last_{n}"] = np.where(count > 0, popularity[items] - mean, np.nan)
    for n in (1, 2, 3):
        columns[f"rating_{n}"] = np.where(count >= n, past.ratings[np.maximum(position - n, 0)], np.nan)
    return columns


def resembling(
    past: Past,
    residuals: np.ndarray,
    likeness: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    half_life: float = 3600.0,
) -> Columns:
    """Residuals of the past, weighted by how its items resemble the target's, without and with decay.

    residuals: float [n], in the order of the ratings that `past` was made of. likeness: float32 [n_items, n_items],
    not negative. pairs: users, items, times.
    """
    users, items, times = pairs
    residuals = residuals[past.order]
    position, start = past.before(users, times)
    sizes = np.minimum(position - start, RESEMBLING)
    found = np.zeros((4, len(users)))
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(users):
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + PAIRS, side="right")))
        of = np.repeat(np.arange(begin, end), sizes[begin:end])
        back = np.arange(len(of)) - np.repeat(ends[begin:end] - sizes[begin:end] - done, sizes[begin:end])
        place = position[of] - 1 - back
        weight = likeness[items[of], past.others[place]].astype(np.float64)
        lately = weight * 0.5 ** ((times[of] - past.times[place]) / half_life)
        for row, values in enumerate((weight * residuals[place], weight, lately * residuals[place], lately)):
            found[row, begin:end] = np.bincount(of - begin, values, end - begin)
        begin = end
    return {
        "alike": found[0] / (found[1] + 0.5), "alike_weight": found[1],
        "alike_lately": found[2] / (found[3] + 0.2), "alike_lately_weight": found[3],
    }  # fmt: skip


def of_item(past: Past, residuals: np.ndarray, items: np.ndarray, times: np.ndarray) -> Columns:
    """What anybody made of the item lately, before the moment. past: of items. residuals: as for `resembling`."""
    position, start = past.before(items, times)
    sums = np.append(0, np.cumsum(residuals[past.order]))
    columns: Columns = {"item_rated": position - start}
    for n in (5, 20):
        first = np.maximum(position - n, start)
        columns[f"item_last_{n}"] = (sums[position] - sums[first]) / (position - first + 3)
    return columns
