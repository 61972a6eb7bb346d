"""One crawl of the imitation server; as a process of its own, so that it can be killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from assets.posters.crawler import crawl_now
from assets.posters.progress import Summary
from assets.posters.providers.tmdb import TmdbProvider
from assets.posters.settings import CrawlSettings
from assets.posters.state import State
from assets.posters.store import PictureStore
from assets.posters.wanted import Wanted

ROOT = Path(__file__).parents[3]


def run(api: str, image: str, folder: Path, films: int, settings: dict[str, Any], say=lambda line: None) -> Summary:
    """Crawl the films 1 to `films` of an imitation at two host:port addresses; state and pictures go to `folder`."""
    wanted = [Wanted(f"{number:05d}", tmdb_id=number) for number in range(1, films + 1)]
    provider = TmdbProvider("token", f"http://{api}/3", f"http://{image}/p")
    options = CrawlSettings(**{"allow_hosts": {api, image}, "max_bytes": 1_000_000, "backoff_seconds": 0.05} | settings)
    with State(folder / "state.sqlite") as state:
        return crawl_now(
            wanted, [provider], store=PictureStore(folder / "pictures"), state=state, settings=options, say=say
        )


def rows(folder: Path) -> list[dict[str, Any]]:
    """The state's rows."""
    with State(folder / "state.sqlite") as state:
        return list(state.rows())


def start(api: str, image: str, folder: Path, films: int, settings: dict[str, Any]) -> subprocess.Popen:
    """`run` in a process of its own. settings: as JSON holds them."""
    given = {"api": api, "image": image, "folder": str(folder), "films": films, "settings": settings}
    command = [sys.executable, "-m", "tests.assets.posters.crawl_process", json.dumps(given)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(run(**given | {"folder": Path(given["folder"])}))
