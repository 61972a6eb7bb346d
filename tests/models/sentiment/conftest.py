"""Texts whose sentiment is obvious by eye, and a tiny BERT with random weights that knows their words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.sentiment.classifier import Labelled

GOOD, BAD = ("good", "great", "fine", "lovely"), ("bad", "awful", "poor", "dull")
OTHER = ("the", "film", "was", "and", "a", "very", "with", "story")


def board(n: int, seed: int, classes: int = 2) -> Labelled:
    """n texts: in each, words of its own side only, among words of neither; stars mix the sides in five shares."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    texts = []
    for label in labels:
        share = label / (classes - 1)
        said = [rng.choice(GOOD if place < share * 8 else BAD) for place in range(8)]
        texts.append(" ".join(rng.permutation([*said, *rng.choice(OTHER, 6)])))
    return Labelled(texts, labels.astype(np.int64))


@pytest.fixture(scope="session", name="board")
def board_fixture():
    """The function that makes such texts."""
    return board


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory) -> Path:
    """A folder: 16-d, 1 layer, 64 positions, random weights, words as tokens."""
    import models.encoders._torchvision_cpu

    # isort: split
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *GOOD, *BAD, *OTHER]
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "tiny-bert"
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=64, **shape)).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: code for code, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return folder
