"""The one way in which asking for something ends without it."""

from __future__ import annotations


class Unavailable(Exception):
    """No answer worth having. status, reason, settled: as in an Outcome; code: the HTTP status that says so, if any."""

    def __init__(self, status: str, reason: str, settled: bool = True, code: int | None = None) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason, self.settled, self.code = status, reason, settled, code

    @classmethod
    def unreached(cls, why: str) -> Unavailable:
        """What could not be reached in this run, and is asked again in the next."""
        return cls("missing", f"not reached: {why}", settled=False)
