"""Mistakes 3, 5, 6, 11 and 13: comparisons that would have come out otherwise on another split, budget or seed."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from assets.mistakes.evidence import Evidence, mistake, outcome
from assets.reports.leaderboard import of_measure
from assets.validation.outcomes import Outcome
from models.registry import recommender
from models.splits import LOWER_IS_BETTER, PROTOCOLS

if TYPE_CHECKING:
    import pandas as pd

SEEDS = 3
UNEQUAL = 2.0
KNOCK_OUTS = ("no-text", "no-image", "shuffled-image", "shuffled-text", "gaussian-image", "gaussian-text")
BY_TIME = "global-time"


def means(evidence: Evidence, protocol: str) -> pd.Series:
    """The mean over seeds of the protocol's first metric by (model, variant), the higher the better."""
    first = PROTOCOLS[protocol].metrics[0]
    rows = of_measure(evidence.plain[evidence.plain.protocol == protocol], first)
    return rows.groupby(["model", "variant"]).value.mean() * (-1 if first.metric in LOWER_IS_BETTER else 1)


@mistake(3, "Models are measured on a benchmark's split and on global-time, and Kendall's tau says how far the two "
            "orders agree.", blocking=False)  # fmt: skip
def two_splits(evidence: Evidence) -> Outcome:
    """One split is one draw, and a random one flatters."""
    from scipy.stats import kendalltau

    of_each = {name: means(evidence, name) for name in evidence.plain.protocol.unique()}
    taus = {}
    for one, other in combinations(of_each, 2):
        shared = of_each[one].index.intersection(of_each[other].index)
        if len(shared) > 2:
            tau = kendalltau(of_each[one][shared], of_each[other][shared]).statistic
            taus[f"{one} and {other}"] = {"tau": float(tau), "models": len(shared)}
    benchmarks = [name for name in of_each if PROTOCOLS[name].leaky_by_design]
    lacking = ([] if BY_TIME in of_each else [BY_TIME]) + ([] if benchmarks else ["a benchmark's split"])
    bad = [{"not_run": name} for name in lacking]
    if not lacking and not any(BY_TIME in pair for pair in taus):
        bad = [{"not_run": f"three models under both {BY_TIME} and a benchmark's split"}]
    return outcome(
        "two_splits", bad, len(of_each), "{rows} protocols agree as Kendall's tau says",
        f"measured under {', '.join(of_each)} only: `trifuse run {evidence.about.name} --protocol {BY_TIME}` adds the "
        "split that lets nothing leak", kendall_tau=taus,
    )  # fmt: skip


@mistake(5, "No model was given more than twice as many trials on validation as another, under one protocol.",
         blocking=False)  # fmt: skip
def equal_budgets(evidence: Evidence) -> Outcome:
    """Trials and seconds of every model."""
    rows = evidence.plain.groupby(["protocol", "model", "variant"])
    budget = rows.agg(trials=("trials", "max"), seconds=("fit_seconds", "mean")).reset_index()
    bad = []
    for protocol, group in budget.groupby("protocol"):
        least, most = group.sort_values("trials").iloc[[0, -1]].itertuples(index=False)
        if most.trials > UNEQUAL * least.trials:
            bad.append({"protocol": protocol, "most": most.model, "trials": int(most.trials),
                        "least": least.model, "its_trials": int(least.trials)})  # fmt: skip
    told = {
        f"{r.protocol} {r.model} {r.variant}".strip(): [int(r.trials), float(r.seconds)] for r in budget.itertuples()
    }
    return outcome(
        "equal_budgets", bad, len(budget), "{rows} models had like many trials",
        "under {bad} protocols some models had more than twice the trials of others", trials_and_seconds=told,
    )  # fmt: skip


@mistake(6, "Every model was trained with three seeds or more, so that what the report calls better is more than luck.",
         blocking=False)  # fmt: skip
def enough_seeds(evidence: Evidence) -> Outcome:
    """The tests themselves (paired bootstrap, Holm) stand in the report, with the smallest detectable difference."""
    seeds = evidence.plain.groupby(["protocol", "model", "variant"]).seed.nunique().rename("seeds").reset_index()
    few = seeds[seeds.seeds < SEEDS]
    bad = [
        {"protocol": p, "models": len(rows), "fewest_seeds": int(rows.seeds.min())}
        for p, rows in few.groupby("protocol")
    ]
    return outcome(
        "enough_seeds", bad, len(seeds), "{rows} models have three seeds or more",
        f"{len(few)} of {{rows}} models have fewer than three seeds: their order may be luck",
        how_many={p: sorted(rows.seeds.unique().tolist()) for p, rows in seeds.groupby("protocol")},
    )  # fmt: skip


@mistake(11, "Models that look at content are held against themselves without text, without pictures, and with "
             "shuffled and random ones.", blocking=False)  # fmt: skip
def knock_outs(evidence: Evidence) -> Outcome:
    """Gains that stay when the content is another item's are not from content."""
    rows = evidence.metrics
    looking = sorted(name for name in evidence.plain.model.unique() if recommender(name).uses_content)
    made = {name: set(rows[rows.model == name].variant) for name in looking}
    images = bool(evidence.catalog.items.has_image.any())
    wanted = [name for name in KNOCK_OUTS if images or "image" not in name]
    bad = [{"model": name, "lacks": ", ".join(v for v in wanted if v not in made[name])} for name in looking]
    bad = [row for row in bad if row["lacks"]]
    return outcome(
        "knock_outs", bad, len(looking), "{rows} models that look at content have all their knock-out rows",
        "{bad} of {rows} models that look at content lack knock-out rows: `trifuse run "
        f"{evidence.about.name} --studies ablation,knock-outs` makes those that are declared",
        made={name: sorted(variants - {""}) for name, variants in made.items()},
    )  # fmt: skip
