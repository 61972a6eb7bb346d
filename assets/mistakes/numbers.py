"""Mistakes 4, 7, 8, 12, 14, 17 and 18: numbers that are not what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assets.cells import Cell
from assets.mistakes.evidence import PARTS, Evidence, mistake, named, outcome
from assets.validation.outcomes import Outcome
from models.slices import PARTITIONS
from models.splits import PROTOCOLS, TRAIN, VALID

if TYPE_CHECKING:
    import pandas as pd

SHARES = ("accuracy", "precision", "recall", "f1", "auc", "ndcg", "mrr", "map", "hit", "coverage", "gini")
OF_LISTS = ("coverage", "gini", "popularity", "recall")
CLOSE = 1e-6
DECIMALS = 6


@mistake(4, "Rankings are of the whole catalogue minus what the user has seen, never of a sample.")
def full_catalogue(evidence: Evidence) -> Outcome:
    """The candidates of each row, counted again from the folds."""
    from models.metrics import like_threshold

    like, n_items, bad, seen = like_threshold(evidence.about.rating_values), len(evidence.catalog.items), [], 0
    ranked = evidence.metrics[evidence.metrics.candidates.notna()]
    for _, cells in evidence.by_fold():
        if not PROTOCOLS[cells[0].protocol].ranks:
            continue
        test = evidence.rows(cells[0], PARTS["test"])
        known = np.concatenate([evidence.rows(cells[0], fold).users for fold in (TRAIN, VALID)])
        counts = np.bincount(known, minlength=len(evidence.catalog.users))
        expected = float(np.mean(n_items - counts[np.unique(test.users[test.ratings >= like])]))
        for cell in cells:
            rows = _of(ranked, cell)
            seen += len(rows)
            wrong = rows[(rows.candidates - expected).abs() > 1e-6 * n_items]
            bad += [named(cell) | {"metric": r.metric, "candidates": r.candidates, "catalogue_minus_seen": expected}
                    for r in wrong.itertuples()]  # fmt: skip
    return outcome(
        "full_catalogue", bad, seen, "{rows} ranking metrics are over the full catalogue minus what was seen",
        "{bad} of {rows} ranking metrics are over other candidates: sampled metrics order models otherwise",
        items=n_items,
    )  # fmt: skip


def _of(rows: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    same = [rows[name] == value for name, value in vars(cell).items() if name != "dataset"]
    return rows[np.logical_and.reduce(same)]


@mistake(7, "A mean predicts what arithmetic says, and its error is the arithmetic one.")
def known_answers(evidence: Evidence) -> Outcome:
    """Every other model has its known number in the tests: tests/models/baselines/test_golden.py."""
    bad, seen = [], 0
    for cell in (cell for cell in evidence.cells if cell.model == "global-mean" and cell.variant == ""):
        train, test = (evidence.rows(cell, PARTS[part]).ratings.astype(np.float64) for part in ("train", "test"))
        expected, rows = float(np.sqrt(np.mean((test - train.mean()) ** 2))), _of(evidence.metrics, cell)
        squares = rows[rows.metric.isin(["rmse", "mse"])]
        for row in squares.itertuples():
            seen, value = seen + 1, row.value if row.metric == "rmse" else np.sqrt(row.value)
            if abs(value - expected) > 1e-4 * expected:
                bad.append(named(cell) | {"rmse": value, "by_arithmetic": expected})
    return outcome("known_answers", bad, seen, "{rows} errors of the mean are as computed by hand",
                   "{bad} of {rows} errors of the mean are not what arithmetic says")  # fmt: skip


@mistake(17, "Every error and decision, computed again by scikit-learn from the stored predictions, is the stored one; "
             "every share lies between 0 and 1, every value within its interval. The formulas are tested in "
             "tests/models/test_metrics.py and stand in the report.")  # fmt: skip
def metrics_recomputed(evidence: Evidence) -> Outcome:
    """One metric library, and another one to say the same."""
    import pandas as pd

    bad, seen = [], 0
    for cell in evidence.cells:
        stored, again = _of(evidence.metrics, cell), _again(evidence, cell)
        for row in stored[stored.metric.isin(list(again)) & stored.k.isna()].itertuples():
            seen += 1
            if not abs(row.value - again[row.metric]) <= CLOSE * max(1, abs(row.value)):
                bad.append(named(cell) | {"metric": row.metric, "stored": row.value, "recomputed": again[row.metric]})
    rows = evidence.metrics
    outside = rows[rows.metric.isin(SHARES) & ~rows.value.between(-CLOSE, 1 + CLOSE) & rows.value.notna()]
    beyond = rows[(rows.ci_low > rows.value + CLOSE) | (rows.ci_high < rows.value - CLOSE)]
    for row in pd.concat([outside, beyond]).itertuples():
        bad.append({"model": row.model, "protocol": row.protocol, "seed": row.seed, "metric": row.metric,
                    "stored": row.value, "interval": [row.ci_low, row.ci_high]})  # fmt: skip
    return outcome("metrics_recomputed", bad, seen, "{rows} values are those of scikit-learn, all within their bounds",
                   "{bad} values of {rows} are wrong")  # fmt: skip


def _again(evidence: Evidence, cell: Cell) -> dict[str, float]:
    from sklearn import metrics as sk

    from models.metrics import like_threshold

    truth, predicted = evidence.rows(cell, PARTS["test"]).ratings.astype(np.float64), evidence.predicted(cell)
    mse = sk.mean_squared_error(truth, predicted)
    found = {"mse": mse, "rmse": mse**0.5, "mae": sk.mean_absolute_error(truth, predicted)}
    likes, liked = (
        truth >= like_threshold(evidence.about.rating_values),
        predicted >= evidence.record(cell)["like_cutoff"],
    )
    wanted = {measure.metric for measure in PROTOCOLS[cell.protocol].metrics if measure.k is None}
    if "f1" in wanted:
        found |= {"accuracy": sk.accuracy_score(likes, liked), "f1": sk.f1_score(likes, liked, zero_division=0)}
        found["precision"] = sk.precision_score(likes, liked, zero_division=0)
        found["recall"] = sk.recall_score(likes, liked, zero_division=0)
    if "auc" in wanted and 0 < likes.sum() < len(likes):
        found["auc"] = sk.roc_auc_score(likes, predicted)
    return found


@mistake(18, "Numbers are stored at full precision and rounded only when printed: models are told apart by all digits.")
def full_precision(evidence: Evidence) -> Outcome:
    """Metrics are double, and those that could be anything are not all of a few decimals."""
    rows = evidence.metrics[evidence.metrics.metric.str.contains("rmse|mae|mse")]
    bad = [{"column": name, "type": str(evidence.metrics[name].dtype)} for name in ("value", "ci_low", "ci_high")
           if evidence.metrics[name].dtype != np.float64]  # fmt: skip
    values = rows.value.dropna().to_numpy(np.float64)
    rounded = np.isclose(values, np.round(values, DECIMALS), rtol=0, atol=1e-12)
    if len(values) >= 4 and rounded.mean() > 0.5:
        bad.append({"errors": len(values), f"of_{DECIMALS}_decimals_or_fewer": int(rounded.sum())})
    return outcome("full_precision", bad, len(values), "{rows} errors have all their digits",
                   "values were rounded before they were stored")  # fmt: skip


@mistake(14, "Nobody is dropped: test ratings of cold, sparse and warm users, of cold, tail and head items, of items "
             "with and without a picture add up to the whole fold; users without a like are counted.")  # fmt: skip
def slices_complete(evidence: Evidence) -> Outcome:
    """Mistake 12 as well: scores on items with and without a picture, and how many ratings are of which."""
    import pandas as pd

    rows = evidence.slices[(evidence.slices.metric == "rmse") & (evidence.slices.study == "")]
    bad, seen, shown = [], 0, {}
    for _, cells in evidence.by_fold():
        tested = len(evidence.rows(cells[0], PARTS["test"]))
        for cell in cells:
            sizes = _of(rows, cell).set_index("slice").n if len(_of(rows, cell)) else pd.Series(dtype=int)
            if not len(sizes) and cell.variant:
                continue
            seen += 1
            shown[f"{cell.protocol} seed {cell.seed}"] = {name: int(n) for name, n in sizes.items()}
            sums = {" + ".join(names): int(sizes.reindex(names).fillna(0).sum()) for names in PARTITIONS}
            bad += [
                named(cell) | {"slices": names, "ratings": n, "tested": tested}
                for names, n in sums.items()
                if n != tested
            ]
    left_out = evidence.slices[evidence.slices.metric == "users_left_out"]
    told = {f"{r.protocol} seed {r.seed}": [int(r.value), int(r.n)] for r in left_out.itertuples()}
    return outcome("slices_complete", bad, seen, "the slices of {rows} models are their whole test folds",
                   "slices of {bad} of {rows} models lack test ratings", ratings_by_slice=shown,
                   users_without_a_like_of_all=told)  # fmt: skip


@mistake(8, "Of every model that makes lists it is known how popular these are: coverage, Gini, mean popularity, tail "
            "recall.", blocking=False)  # fmt: skip
def popularity_bias(evidence: Evidence) -> Outcome:
    """A model that shows everybody the same few items can hit well. Where nothing ranks: of the lists served."""
    rows = evidence.slices[(evidence.slices.study == "") & evidence.slices.k.notna()]
    every = rows[(rows.slice == "all") | (rows.slice == "tail items")]
    wide = every.pivot_table(index=["protocol", "model", "variant"], columns="metric", values="value")
    told = {" ".join(key).strip(): {name: float(row[name]) for name in OF_LISTS if name in row}
            for key, row in wide.iterrows()} or _served(evidence)  # fmt: skip
    bad = [] if told else [{"not_run": "a protocol that ranks, or the lists"}]
    return outcome("popularity_bias", bad, len(told), "known of {rows} models", "there are no lists", of_each=told)


def _served(evidence: Evidence) -> dict[str, dict[str, float]]:
    import pandas as pd

    from models.metrics import coverage, gini

    file = evidence.home.lake / evidence.about.name / "recommendations.parquet"
    if not file.exists():
        return {}
    items = pd.Index(evidence.catalog.items.item_id)
    rated = np.bincount(evidence.catalog.interactions.items, minlength=len(items))
    found = {}
    for model, listed in pd.read_parquet(file, columns=["model", "item_id"]).groupby("model").item_id:
        shown = np.bincount(items.get_indexer(listed), minlength=len(items))
        popularity = float(shown @ rated / shown.sum())
        found[f"lists of {model}"] = {"coverage": coverage(shown), "gini": gini(shown), "popularity": popularity}
    return found
