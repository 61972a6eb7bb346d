"""A page of the UI in headless Chromium, over the DevTools protocol: how soon something is shown, and how it looks."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium")


class Page:
    """One tab, to be closed; a browser that remembers nothing."""

    def __init__(self, width: int = 1600, height: int = 1000) -> None:
        self.profile = tempfile.mkdtemp(prefix="page-")
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "--remote-debugging-port=0",
            "about:blank",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        address = next(found[1] for line in self.process.stderr if (found := re.search(r"ws://([^/]+)/", line)))
        tab = next(tab for tab in httpx.get(f"http://{address}/json").json() if tab["type"] == "page")
        self.socket = connect(tab["webSocketDebuggerUrl"], max_size=None)
        self.asked = 0

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.asked:
            continue
        return answer["result"]

    def value(self, script: str) -> Any:
        """What a script gives."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)["result"].get(
            "value"
        )

    def show(self, url: str, words: str, patience: float = 60) -> float:
        """Go there; seconds until the page shows these words. Raises TimeoutError with what it shows instead."""
        began = time.perf_counter()
        self.ask("Page.navigate", url=url)
        return self.wait(words, patience, began)

    def wait(self, words: str, patience: float = 60, began: float | None = None) -> float:
        """Seconds until the page shows these words, from `began` or now on."""
        began = began or time.perf_counter()
        while words not in (shown := self.value("document.body?.innerText") or ""):
            if time.perf_counter() - began > patience:
                raise TimeoutError(f"{words!r} is not shown after {patience} s, but: {shown[:500]}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def picture(self, path: Path) -> None:
        """What is shown, as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
