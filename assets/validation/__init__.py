"""Great Expectations suites and SQL facts, as blocking asset checks."""

from assets.validation.checks import CHECKS

__all__ = ["CHECKS"]
