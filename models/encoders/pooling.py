"""How the vectors of a text's tokens become one vector, and which way a folder declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from models.encoders.folders import is_pair, read_json

POOLINGS = ("cls", "mean", "last", "cls+l2", "mean+l2", "last+l2")
PROJECTED = "projected"
"""What a pair of towers does: its own pooling, then its projection into the space that it shares with pictures."""
_DECLARED = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "last",
    "cls": "cls",
    "mean": "mean",
    "lasttoken": "last",
}
"""sentence-transformers' names, of its older files (flags) and of its newer ones (one word)."""


def pool(hidden: torch.Tensor, mask: torch.Tensor | None, pooling: str) -> torch.Tensor:
    """float32 [n, d] from the last layer [n, tokens, d] and its mask [n, tokens] (None: no padding).

    Padding never counts, whichever side it is on. pooling: one of POOLINGS.
    """
    hidden = hidden.float()
    mask = hidden.new_ones(hidden.shape[:2]) if mask is None else mask.to(hidden.dtype)
    pooled = _ONE[pooling.removesuffix("+l2")](hidden, mask)
    return torch.nn.functional.normalize(pooled, dim=1) if pooling.endswith("+l2") else pooled


def _mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def _first(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), mask.argmax(1)]


def _last(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return _first(hidden.flip(1), mask.flip(1))


_ONE = {"cls": _first, "mean": _mean, "last": _last}


def choose_pooling(asked: str | None, folder: Path, begins_with_cls: bool) -> str:
    """The pooling asked for, else the one that the folder declares. Raises ValueError where it cannot be done."""
    allowed = (PROJECTED,) if is_pair(folder) else POOLINGS
    pooling = asked or (PROJECTED if is_pair(folder) else declared_pooling(folder))
    if pooling not in allowed:
        raise ValueError(f"{folder.name}: pooling must be one of {', '.join(allowed)}, not {pooling!r}")
    if pooling.startswith("cls") and not begins_with_cls:
        raise ValueError(f"{folder.name}: its texts do not begin with a [CLS] token; choose mean or last pooling")
    return pooling


def declared_pooling(folder: Path) -> str:
    """The pooling that a sentence-transformers folder declares; "cls" for any other. Raises ValueError if unknown."""
    about = _pooling_facts(folder)
    if not about:
        return "cls"
    modules = _modules(folder)
    chosen = [key for key, value in about.items() if key.startswith("pooling_mode_") and value is True]
    chosen = chosen or [str(about.get("pooling_mode"))]
    if len(chosen) != 1 or chosen[0] not in _DECLARED or "Dense" in modules:
        raise ValueError(
            f"{folder.name}: its pooling ({', '.join(chosen)}; modules {', '.join(modules)}) is not one that is built "
            f"here; name one of {', '.join(POOLINGS)} to use it all the same"
        )
    return _DECLARED[chosen[0]] + ("+l2" if "Normalize" in modules else "")


def pools_prefix(folder: Path) -> bool:
    """Whether the tokens of a prefix count in the pooling: a few folders (INSTRUCTOR) declare that they do not."""
    return _pooling_facts(folder).get("include_prompt", True) is not False


def _pooling_facts(folder: Path) -> dict[str, Any]:
    return read_json(folder / "1_Pooling" / "config.json")


def _modules(folder: Path) -> list[str]:
    """Class names in modules.json, which unlike every other file here is a JSON list."""
    path = folder / "modules.json"
    return [str(part["type"]).rsplit(".", 1)[-1] for part in json.loads(path.read_text())] if path.is_file() else []
