"""Makes torchvision importable beside a CPU-only torch. Import this before timm or transformers.

PyPI's torchvision for Linux is the CUDA build. Beside a CPU-only torch its compiled half does not load, and its Python
half then fails on operators that were never declared. Neither of them is used by an encoder, so declaring is enough.
"""

from __future__ import annotations

import sys

import torch


def _declare_operators() -> torch.library.Library:
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def _import_torchvision() -> torch.library.Library | None:
    """Import torchvision; where its operators are missing, declare them and import again."""
    try:
        import torchvision
    except ImportError:  # transformers can do without
        return None
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for module in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[module]
        library = _declare_operators()
        import torchvision  # noqa: F401

        return library
    return None


LIBRARY = _import_torchvision()
"""Held here because a declaration lives only as long as its Library object."""
