"""Mistakes by which the numbers of recommenders are flattered, as asset checks: each red one names what it saw."""

from assets.mistakes.checks import CHECKS

__all__ = ["CHECKS"]
