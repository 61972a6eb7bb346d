"""How we present ourselves, so that whoever runs a server knows whom to ask."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

CONTACT = "https://github.com/trifuse/trifuse"
"""Where a reader of a server's log finds out what this is."""


@cache
def user_agent(contact: str = CONTACT) -> str:
    """The User-Agent of every request: name, version, and where to complain (an address or a mail box)."""
    return f"Trifuse/{version('trifuse')} (+{contact})"
