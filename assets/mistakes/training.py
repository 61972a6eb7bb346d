"""Mistakes 1 and 16: what training saw of the test, how often the test was looked at, and trainings that went on."""

from __future__ import annotations

import numpy as np

from assets.given import given
from assets.mistakes.evidence import PARTS, Evidence, mistake, named, outcome
from assets.studies.changes import UNCHANGED, Change
from assets.validation.outcomes import Outcome

EASIEST, DEVIATIONS = 0.75, 4.0
"""A model has seen the test whose error there is this share of the usual, or so many standard errors lower."""


@mistake(1, "Each trained model was held against the test ratings once, and the look was counted.")
def test_read_once(evidence: Evidence) -> Outcome:
    """Counted by who looks (assets/reads.py), asserted here."""
    keys = ["model", "protocol", "seed", "variant", "data_version", "judgement_version"]
    counts = evidence.reads.groupby(keys).size().rename("reads").reset_index()
    counts = counts[counts.data_version.isin([m.data_version for m in evidence.cells.values()])]
    latest = counts.sort_values("judgement_version", key=lambda s: s.astype(int)).drop_duplicates(
        keys[:-1], keep="last"
    )
    reads = {tuple(row[:5]): int(row.reads) for row in latest.itertuples(index=False)}
    bad = []
    for cell, manifest in evidence.cells.items():
        n = reads.get((cell.model, cell.protocol, cell.seed, cell.variant, manifest.data_version), 0)
        if n != 1:
            bad.append(named(cell) | {"reads": n, "data_version": manifest.data_version})
    return outcome(
        "test_read_once", bad, len(evidence.cells), "{rows} trained models, one look at the test each",
        "{bad} of {rows} trained models were held against the test not at all or more than once; who knows why takes "
        f"the look that chose nothing out of lake/{evidence.about.name}/test_reads.jsonl",
        reads=len(evidence.reads), looked_at=len(reads),
    )  # fmt: skip


@mistake(1, "What training was given are the train and validation rows of its fold, and of reviews those of train "
            "(mistake 10): their hashes are computed again.")  # fmt: skip
def trained_without_test(evidence: Evidence) -> Outcome:
    """By hashes that the training wrote down of what it handed to the model."""
    bad, unrecorded, seen = [], 0, 0
    for _, cells in evidence.by_fold():
        records = {cell: evidence.record(cell) for cell in cells}
        asked = any("reviews" in record.get("given", ()) for record in records.values())
        expected = given(*(evidence.rows(cells[0], PARTS[part]) for part in ("train", "valid")),
                         evidence.reviews_of_train(cells[0]) if asked else None)  # fmt: skip
        for cell, record in records.items():
            if "given" not in record:
                unrecorded += 1
            elif Change(**_tuples(record["change"])) == UNCHANGED:
                seen += 1
                bad += [
                    named(cell) | {"not_as_split": p} for p, sha in record["given"].items() if sha != expected.get(p)
                ]
    return outcome(
        "trained_without_test", bad, seen, "{rows} trainings were given their train and validation rows alone",
        "{bad} times a training was given other rows than those of its fold",
        trained_before_this_was_recorded=unrecorded,
    )  # fmt: skip


def _tuples(change: dict) -> dict:
    return change | {"parameters": tuple((name, value) for name, value in change["parameters"])}


@mistake(1, "No model finds the test easier than the other models do, each measured by its own validation error.")
def test_not_known_before(evidence: Evidence) -> Outcome:
    """Whatever way the test ratings came to a model by, it errs less on them than on validation ratings."""
    bad, seen, lowest = [], 0, 1.0
    for _, cells in evidence.by_fold():
        train, valid, test = (evidence.rows(cells[0], fold).ratings.astype(np.float64) for fold in PARTS.values())
        eases = {cell: _ease(test, evidence.predicted(cell), evidence.record(cell)["valid_rmse"]) for cell in cells}
        of_mean = _ease(test, train.mean(), np.sqrt(np.mean((valid - train.mean()) ** 2)))
        usual = float(np.median([*eases.values(), of_mean])) if len(eases) > 2 else of_mean
        limit = min(EASIEST, float(np.exp(-DEVIATIONS * np.sqrt(1 / len(valid) + 1 / len(test)))))
        for cell, ease in eases.items():
            seen, lowest = seen + 1, min(lowest, ease / usual)
            if ease / usual < limit:
                bad.append(named(cell) | {"test_mse_by_valid_mse": ease, "usual": usual, "limit": limit * usual})
    return outcome(
        "test_not_known_before", bad, seen, "{rows} models err on the test as their validation error says",
        "{bad} of {rows} models err far less on the test than their validation error says: they have seen it",
        lowest_of_usual=lowest,
    )  # fmt: skip


def _ease(test: np.ndarray, predicted: np.ndarray | float, valid_rmse: float) -> float:
    """How the test error compares with that on validation, as squares."""
    return float(np.mean((test - predicted) ** 2)) / max(valid_rmse**2, 1e-12)


@mistake(16, "Epochs follow one another without gap or repetition, also where a training was stopped and resumed. "
             "That metrics are the same then is tested: tests/models/test_training.py.", blocking=False)  # fmt: skip
def curves_unbroken(evidence: Evidence) -> Outcome:
    """What can be seen of a resumed training afterwards."""
    bad, seen = [], 0
    for cell in evidence.cells:
        epochs = [int(row["epoch"]) for row in evidence.record(cell)["curve"] if "epoch" in row]
        seen += bool(epochs)
        # A model of several restarts begins anew at 1.
        steps = [b for a, b in zip([0, *epochs], epochs, strict=False) if b not in (a + 1, 1)]
        if steps:
            bad.append(named(cell) | {"epochs_out_of_order": steps[:5]})
    return outcome(
        "curves_unbroken", bad, seen, "{rows} learning curves are whole", "{bad} of {rows} learning curves have gaps"
    )
