"""Every sentiment model by name, the fast ones first. A new model is one file and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.registry import named

if TYPE_CHECKING:
    from models.sentiment.classifier import SentimentModel

SENTIMENT: dict[str, str] = {
    "majority": "models.sentiment.majority:Majority",
    "tfidf-lr": "models.sentiment.tfidf_lr:TfidfLR",
    "nbsvm": "models.sentiment.nbsvm:NBSVM",
    "fasttext": "models.sentiment.fasttext:FastText",
    "rnn": "models.sentiment.rnn:RNN",
    "lstm": "models.sentiment.lstm:LSTM",
    "bilstm": "models.sentiment.bilstm:BiLSTM",
    "cnn": "models.sentiment.cnn:CNN",
    "seq-cnn-attention": "models.sentiment.seq_cnn_attention:SeqCNNAttention",
    "bert": "models.sentiment.bert:Bert",
    "ensemble": "models.sentiment.ensemble:Ensemble",
}


def sentiment_model(name: str) -> type[SentimentModel]:
    """The class behind a model name. Raises ValueError where there is none."""
    return named(SENTIMENT, name, "sentiment model")
