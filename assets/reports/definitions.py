"""One line per metric and column, so that no reader has to guess what a number means."""

from __future__ import annotations

from models.splits import Protocol

METRICS = {
    "rmse": "RMSE: square root of the mean squared difference between true and predicted rating; lower is better.",
    "mae": "MAE: mean absolute difference between true and predicted rating; lower is better.",
    "mse": "MSE: mean squared difference between true and predicted rating; lower is better.",
    "accuracy": "Accuracy: share of test ratings whose like or dislike is predicted rightly.",
    "precision": "Precision: share of the predicted likes that are likes; with @k, of the first k recommended items.",
    "recall": "Recall: share of the likes that are predicted; with @k, that are among the first k of the catalogue.",
    "f1": "F1: harmonic mean of precision and recall.",
    "auc": "AUC: probability that a like is scored above a dislike.",
    "ndcg": "NDCG@k: discounted gain of the likes among the first k, as a share of the best possible; mean over users.",
    "mrr": "MRR: mean over users of 1 / rank of the first liked item in the full catalogue minus seen.",
    "map": "MAP: mean over users of average precision.",
    "hit": "Hit@k: share of users with a like among their first k.",
    "coverage": "Coverage@k: share of the catalogue that is on at least one user's list.",
    "gini": "Gini@k: inequality of how often items are shown; 0 all equally, 1 always the same; lower is better.",
}
ALWAYS = (
    "Value: mean over the seeds; sd is their standard deviation. Each seed is its own split and its own training.",
    "95% interval: ends of the percentile bootstrap intervals, averaged over the seeds.",
    "n: test ratings, or users for a ranking metric, per seed.",
    "p: two-sided paired bootstrap over users with Holm's correction over a protocol's comparisons; bold below .05.",
    "Detectable: the true difference that such a test finds with probability 80%.",
)


def definitions(protocols: list[Protocol]) -> list[str]:
    """The lines for the metrics of these protocols, each once, then those that always hold."""
    used = dict.fromkeys(measure.metric for protocol in protocols for measure in protocol.metrics)
    return [METRICS[name] for name in used if name in METRICS] + list(ALWAYS)
