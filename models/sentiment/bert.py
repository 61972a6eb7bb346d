"""Fine-tuning of a BERT-family encoder: the mean of its last layer's tokens, and a linear layer over it.

Any Hugging Face text encoder of one tower, from a folder with safetensors weights. Long texts are cut to head and tail
(Sun et al. 2019, 5.3.1). On processors with bfloat16 products (AMX) it trains in bfloat16, where that is several times
as fast, as on a GPU.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer

from models.encoders._transformers import load_model
from models.encoders.folders import require_weights
from models.encoders.tokens import longest_possible, special_tokens, token_numbers
from models.sentiment._trained import Trained
from models.sentiment.classifier import Means
from models.sentiment.words import Ragged, head_and_tail, plain
from models.training import TrainingConfig

_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt")
_FILES += ("special_tokens_map.json", "spiece.model", "sentencepiece.bpe.model")


class BertConfig(TrainingConfig):
    """Length and training."""

    longest: int = Field(256, ge=16)
    """Tokens that training reads of a text, the special ones included; of a longer one its head and tail."""
    longest_judged: int = Field(512, ge=16)
    """The same once it is trained, where a token costs a third. On 2,500 film reviews a model that learned from 256 is
    right 0.3% more often when it is shown 512."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the pooled vector that training hides."""
    inner_dropout: float = Field(0.0, ge=0, lt=1)
    """Share that training hides within the encoder. In two epochs nothing is learned by heart, and on a CPU drawing
    the random numbers, and attention without its fused kernel, take half of the time."""
    pooling: Literal["mean", "cls"] = "mean"
    """What stands for the text: the mean of its tokens, or the first token."""
    epochs: int = Field(2, ge=1, le=1000)
    """Passes over the train texts at most."""
    batch_size: int | None = Field(16, ge=1)
    """Texts a step."""
    learning_rate: float = Field(1e-4, gt=0, le=1)
    """Highest step size of AdamW."""
    weight_decay: float = Field(0.01, ge=0, le=10)
    """AdamW's decay of matrices and embeddings."""
    warmup: float = Field(0.1, ge=0, lt=1)
    """Share of all steps over which the learning rate rises to its highest."""


class Tuned(nn.Module):
    """The encoder, pooling, and the classes."""

    def __init__(self, encoder: nn.Module, classes: int, config: BertConfig) -> None:
        super().__init__()
        self.encoder, self.pooling = encoder, config.pooling
        for module in encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = config.inner_dropout
        self.dropout, self.head = nn.Dropout(config.dropout), nn.Linear(encoder.config.hidden_size, classes)

    def forward(self, numbers: Tensor, there: Tensor) -> Tensor:
        """Logits [b, classes]."""
        states = self.encoder(input_ids=numbers, attention_mask=there.long()).last_hidden_state
        if self.pooling == "cls":
            return self.head(self.dropout(states[:, 0]))
        mean = (states * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
        return self.head(self.dropout(mean))


class Bert(Trained):
    """The encoder comes from `Means.weights`; what was tuned is saved whole, and read without the original."""

    name = "bert"
    version = "2"
    Config = BertConfig
    share = 12.0
    looked_at = 64

    def _begin(self, texts: Sequence[str], means: Means) -> tuple[nn.Module, Ragged, dict[str, Any]]:
        if means.weights is None:
            raise ValueError("bert: no text encoder to start from; TRIFUSE_WEIGHTS names a folder of them")
        require_weights(means.weights)
        self._from(means.weights)
        torch.manual_seed(self.seed)
        net = Tuned(load_model(means.weights)[0], self.learned, self.config)
        return net, self._cut(texts, self.config.longest), {"encoder": means.weights.name}

    def _from(self, folder: Path) -> None:
        self._origin = folder
        self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self._shape = AutoConfig.from_pretrained(folder, trust_remote_code=False)

    def _read(self, texts: Sequence[str]) -> Ragged:
        return self._cut(texts, max(self.config.longest, self.config.longest_judged))

    def _cut(self, texts: Sequence[str], most: int) -> Ragged:
        lead, tail = special_tokens(self._tokenizer)
        limit = min(most, longest_possible(self._tokenizer, self._shape)) - len(lead) - len(tail)
        found = token_numbers(self._tokenizer, [plain(text) for text in texts], special=False)
        cut = [head_and_tail(np.array(row, np.int32), limit) for row in found]
        return Ragged.of([np.concatenate([lead, row, tail]).astype(np.int32) for row in cut])

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        encoder = AutoModel.from_config(self._shape)
        self._restored(Tuned(encoder, self.learned, self.config), state)

    def write_files(self, folder: Path) -> None:
        """The encoder's configuration and tokenizer."""
        (folder / "encoder").mkdir()
        for name in _FILES:
            if (self._origin / name).is_file():
                shutil.copyfile(self._origin / name, folder / "encoder" / name)

    def read_files(self, folder: Path) -> None:
        """As written."""
        self._from(folder / "encoder")
