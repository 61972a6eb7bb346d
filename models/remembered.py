"""Constants that many models of one process are made with: computed once, then found again by what they are made of.

A dozen models look at the same train fold, each variant and each restored model anew; what they derive from it before
any training took half of a small dataset's time.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from models.data import Interactions

Made = TypeVar("Made")
LARGEST = 2**28
"""Bytes that are remembered at most; what was not asked for longest is forgotten first."""
_known: OrderedDict[str, tuple[Any, int]] = OrderedDict()


def remembered(make: Callable[..., Made], *arguments: np.ndarray | Interactions | int | str | tuple) -> Made:
    """make(*arguments), or what it gave before for arguments of the same content; nobody may change it.

    make: a class or function of a module, whose result depends on its arguments alone.
    """
    key = _key(make, arguments)
    if key in _known:
        _known.move_to_end(key)
        return _known[key][0]
    made = make(*arguments)
    _known[key] = made, size_of(made)
    while sum(size for _, size in _known.values()) > LARGEST:
        _known.popitem(last=False)
    return made


def forget() -> None:
    """Remember nothing, so that all is computed anew."""
    _known.clear()


def size_of(made: Any) -> int:
    """Bytes of the arrays and tensors that something holds."""
    if isinstance(made, np.ndarray | Tensor):
        return made.nbytes
    parts = made if isinstance(made, tuple | list) else vars(made).values() if hasattr(made, "__dict__") else ()
    return sum(map(size_of, parts))


def _key(make: Callable, arguments: tuple) -> str:
    total = hashlib.blake2b(f"{make.__module__}.{make.__qualname__}".encode(), digest_size=20)
    for argument in arguments:
        for part in vars(argument).values() if isinstance(argument, Interactions) else [argument]:
            if isinstance(part, np.ndarray):
                total.update(f" {part.dtype} {part.shape} ".encode())
                total.update(np.ascontiguousarray(part).data)
            else:
                total.update(f" {part!r} ".encode())
    return total.hexdigest()
