"""Pages in headless Chromium, with axe-core where there is one: what a test asks of a page as people see it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from html import unescape
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = os.environ.get("AXE_CORE")
"""Path of axe.min.js (npm install axe-core); it is not part of this repository."""
ASK = """
(async () => {
  const root = document.documentElement, wide = [...document.querySelectorAll("main *")].filter((one) =>
    !one.closest(".scroll, .skip, .hidden, svg") && one.getBoundingClientRect().right > root.clientWidth + 1);
  const head = document.querySelector("table.sortable thead button");
  head?.click();
  const found = {
    overflow: root.scrollWidth - root.clientWidth, wide: wide.map((one) => one.outerHTML.slice(0, 120)).slice(0, 5),
    sorted: head ? head.closest("th").getAttribute("aria-sort") : null,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    width: innerWidth, loaded: Math.round(performance.now()), axe: null,
  };
  if (window.axe) {
    const result = await axe.run(document, {resultTypes: ["violations"]});
    const told = (node) => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "");
    found.axe = result.violations.map((one) => [one.impact, one.id, one.nodes.slice(0, 3).map(told)]);
  }
  parent.postMessage(JSON.stringify(found), "*");
})();
"""
FRAME = """<!DOCTYPE html><iframe src="page.html" style="border: 0; width: {width}px; height: 1000px"></iframe>
<script>addEventListener("message", (event) => {{
  const pre = document.createElement("pre");
  pre.id = "asked";
  pre.textContent = event.data;
  document.body.append(pre);
}});</script>"""
"""A window is never narrower than 500 pixels, a frame is."""


def seen(html: str, width: int, dark: bool = False) -> dict:
    """What ASK finds on a page of this width in pixels. Raises AssertionError where the page's script never ran."""
    axe = f"<script>{Path(AXE).read_text(encoding='utf-8')}</script>" if AXE else ""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html.replace("</body>", f"{axe}<script>{ASK}</script></body>"), encoding="utf-8")
        frame = Path(folder) / "frame.html"
        frame.write_text(FRAME.format(width=width), encoding="utf-8")
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            f"--user-data-dir={folder}/profile", f"--window-size={width + 100},1100", "--virtual-time-budget=60000",
            *(["--blink-settings=preferredColorScheme=0"] if dark else []), "--dump-dom", frame.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = re.search(r'<pre id="asked">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-500:]
    return json.loads(unescape(found[1]))
