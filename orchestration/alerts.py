"""Tells people what went wrong: in a log of its own, and at a webhook where the environment names one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

SECONDS = 10
"""How long the webhook may take."""


class NotTold(RuntimeError):
    """The webhook did not take the alert; the message holds no part of its address but the host."""


def alert(home: Path, about: dict[str, str], log: Callable[[str], None]) -> None:
    """Append an alert to $TRIFUSE_HOME/alerts.jsonl and send it to TRIFUSE_WEBHOOK_URL, where that is set.

    about: `text` for a person, and the facts by name. Raises NotTold.
    """
    about = {"at": datetime.now(UTC).isoformat(timespec="seconds")} | about
    log(about["text"])
    with (home / "alerts.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(about) + "\n")
    if url := os.environ.get("TRIFUSE_WEBHOOK_URL"):
        _send(url, about)


def _send(url: str, about: dict[str, str]) -> None:
    # Its address comes from whoever runs Trifuse and not from data, and it is often internal: so it may be private.
    # It is a secret, as it holds a token; a redirection could carry that elsewhere, so none is obeyed.
    import httpx

    host = urlsplit(url).hostname or "the webhook"
    try:
        answer = httpx.post(url, json=about, timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotTold(f"TRIFUSE_WEBHOOK_URL ({host}) was not reached: {type(error).__name__}") from None
    if not answer.is_success:
        raise NotTold(f"TRIFUSE_WEBHOOK_URL ({host}) answered {answer.status_code}, not 2xx")
