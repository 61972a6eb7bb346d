"""From texts to the token numbers that a model takes: prefix, special tokens, cutting or windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.encoders.folders import read_json
from models.encoders.windows import LONG_TEXTS, Pieces, spans

LONGEST = 512
"""Tokens of a text at most, where no file of the folder says how many the model takes."""
_POSITIONS_FROM_TWO = ("roberta", "camembert", "mpnet")
"""Model types (or parts of them) whose first position is number 2, so that two fewer tokens fit."""


class TextTokens:
    """Tokenises every text once, whole; what is too long is then cut, or read through windows."""

    def __init__(self, tokenizer: Any, longest: int, prefix: str = "", long_texts: str = "cut") -> None:
        """tokenizer: a Hugging Face one. longest: tokens that the model takes. Raises ValueError for a bad option."""
        if long_texts not in LONG_TEXTS:
            raise ValueError(f"long_texts must be one of {', '.join(LONG_TEXTS)}, not {long_texts!r}")
        self._tokenizer, self._prefix, self._windows = tokenizer, prefix, long_texts == "windows"
        self.lead, self.tail = special_tokens(tokenizer)
        self._room = longest - len(self.lead) - len(self.tail)
        # Without its last blank: tokenizers join that to the word after it.
        self._head = len(self._tokenize([prefix.rstrip()])[0]) if prefix.strip() else 0
        if self._room - self._head < 2:
            raise ValueError(
                f"the prefix {prefix!r} takes {self._head} of the {longest} tokens that the model reads at once, which "
                "leaves no room for the text: shorten it"
            )

    def __call__(self, texts: Sequence[str]) -> Pieces:
        """One piece for every text, several for a long one in windows, none for a blank one."""
        filled = [row for row, text in enumerate(texts) if text and text.strip()]
        ids, owners, long = [], [], 0
        for row, tokens in zip(filled, self._tokenize([self._prefix + texts[row] for row in filled]), strict=True):
            found = self._pieces(np.asarray(tokens, dtype=np.int32))
            ids += found
            owners += [row] * len(found)
            long += len(tokens) > self._room
        return Pieces(ids, np.array(owners, dtype=np.int64), len(texts), long)

    def _pieces(self, tokens: np.ndarray) -> list[np.ndarray]:
        if len(tokens) <= self._room or not self._windows:
            return [self._whole(tokens[: self._room])] if len(tokens) + len(self.lead) + len(self.tail) else []
        head, own = tokens[: self._head], tokens[self._head :]
        windows = spans(len(own), self._room - self._head)
        return [self._whole(np.concatenate([head, own[window]])) for window in windows]

    def _whole(self, tokens: np.ndarray) -> np.ndarray:
        return np.concatenate([self.lead, tokens, self.tail]).astype(np.int32)

    def _tokenize(self, texts: list[str]) -> list[list[int]]:
        return token_numbers(self._tokenizer, texts, False) if texts else []


def special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The token numbers that the tokenizer puts before and after every text."""
    (whole,), (own,) = token_numbers(tokenizer, ["a"], True), token_numbers(tokenizer, ["a"], False)
    for start in range(len(whole) - len(own) + 1):
        if whole[start : start + len(own)] == own:
            return whole[:start], whole[start + len(own) :]
    raise ValueError(f"{type(tokenizer).__name__} changes a text's own tokens where it adds the special ones")


def token_numbers(tokenizer: Any, texts: list[str], special: bool) -> list[list[int]]:
    """The tokens of every text, whole, with or without the special ones."""
    return tokenizer(
        texts,
        add_special_tokens=special,
        padding=False,
        truncation=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,  # it would warn of every text longer than the model takes
    )["input_ids"]


def longest_input(folder: Path, tokenizer: Any, text_config: Any) -> int:
    """Tokens that the model takes at once: the least of what its files say, else LONGEST.

    text_config: the loaded model's configuration of its text half.
    """
    declared = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    return _least(declared, tokenizer.model_max_length, _positions(text_config))


def longest_possible(tokenizer: Any, text_config: Any) -> int:
    """Tokens that the model has positions for, be it made for fewer; else LONGEST."""
    return _least(tokenizer.model_max_length, _positions(text_config))


def _positions(text_config: Any) -> int | None:
    positions = getattr(text_config, "max_position_embeddings", None)
    if positions and any(kind in text_config.model_type for kind in _POSITIONS_FROM_TWO):
        positions -= 2
    return positions


def _least(*limits: float | None) -> int:
    return min((int(limit) for limit in limits if limit and 0 < limit < 1e9), default=LONGEST)


def declared_prompt(folder: Path) -> tuple[str, str]:
    """(name, text) of the prompt that a sentence-transformers folder puts before texts by default; ("", "") if none.

    Raises ValueError where the default is not among its prompts.
    """
    about = read_json(folder / "config_sentence_transformers.json")
    name, prompts = about.get("default_prompt_name"), about.get("prompts") or {}
    if not name:
        return "", ""
    if name not in prompts:
        raise ValueError(
            f"{folder.name}: config_sentence_transformers.json has no prompt {name!r}, its default_prompt_name; it has "
            f"{', '.join(prompts) or 'none'}. Correct the file, or name a prefix."
        )
    return name, prompts[name] or ""
