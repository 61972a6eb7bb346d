"""The poster crawler against an imitation of TMDB with 10% of each kind of fault: python benchmarks/crawler.py [FILMS].

Uses the posters under TRIFUSE_RAW, else generated ones. The imitation runs on loopback, in a process's threads beside
the crawler, so this measures manners and endurance; a real crawl is as fast as the hosts' limits allow.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.assets.posters import crawl_process
from tests.assets.posters.crawl_process import rows
from tests.assets.posters.imitation_server import FAULTS, Imitation, generated_picture, made_films

SHARE, PAUSES, KILLS = 0.1, 20, 5
LIMIT = {"concurrency": 8, "rate": 150}
SETTINGS = {"limit_per_host": LIMIT, "backoff_seconds": 0.2}


def pictures(most: int) -> list[bytes]:
    """Real posters if there are any, else generated ones."""
    folder = Path(os.environ.get("TRIFUSE_RAW", "none")) / "movielens" / "posters"
    real = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))[:most]]
    return real or [generated_picture(number, (342, 513)) for number in range(min(most, 500))]


def crawl(world: Imitation, folder: Path, **settings: object) -> crawl_process.Summary:
    """One run in this process."""
    return crawl_process.run(world.api, world.image, folder, len(world.films), SETTINGS | settings)


def wrong(world: Imitation, folder: Path) -> int:
    """How many films did not end as they truly are."""
    ended = {
        row["item_id"]: (row["status"], row["sha256"] if row["status"] == "found" else None) for row in rows(folder)
    }
    return sum(ended.get(f"{film.id:05d}") != film.truth for film in world.films.values())


def report(name: str, world: Imitation, summary: crawl_process.Summary) -> None:
    """Print what one run did, and what the hosts saw of it."""
    print(f"{name}: {dict(sorted(summary.outcomes.items()))}, {summary.unreached} not reached, {summary.seconds:.1f} s")
    print(f"  {summary.outcomes['found'] / summary.seconds:.1f} pictures/s, {summary.requests:,} requests")
    for host, log in (("API", world.api_log), ("images", world.image_log)):
        print(
            f"  {host}: peak concurrency {log.peak} of {LIMIT['concurrency']}, {log.most_per(1.0)} of {LIMIT['rate']}/s"
        )


def kills(world: Imitation, folder: Path) -> None:
    """Kill five crawls, each when about a sixth more of the films is settled; then finish, and print what it took."""
    chance, asked = random.Random(0), {}
    for number in range(1, KILLS + 1):
        until = len(world.films) * (number + chance.uniform(-0.4, 0.4)) / (KILLS + 1)
        process = crawl_process.start(world.api, world.image, folder, len(world.films), SETTINGS)
        while process.poll() is None and len(rows(folder)) < until:
            time.sleep(0.05)
        process.kill()
        process.wait()
        requests = world.requests_by_item()
        asked = {row["item_id"]: requests[row["item_id"]] for row in rows(folder)} | asked
    print(f"killed {KILLS} times: {len(asked):,} films settled by then, with {requests.total():,} requests")
    report("the run after", world, crawl(world, folder))
    again = sum(world.requests_by_item()[item] != count for item, count in asked.items())
    print(f"  films asked again though they were settled: {again}")


def main() -> None:
    """Print the figures of a first run, a second one, a refresh, and one that is killed."""
    films = made_films(pictures(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), share_wrong=0.005)
    size = sum(len(film.picture) for film in films) / 2**20
    print(f"{len(films):,} films, {size:.0f} MB; limit per host {LIMIT}")
    print(f"{SHARE:.0%} of all addresses suffer each fault once: {', '.join(FAULTS)}; {PAUSES} of the 429s ask for 1 s")
    with tempfile.TemporaryDirectory() as temporary:
        first, killed = Path(temporary, "first"), Path(temporary, "killed")
        with Imitation(films, SHARE, pauses=PAUSES) as world:
            report("first run", world, crawl(world, first))
            print(f"  films that ended otherwise than they truly are: {wrong(world, first)}")
            again = crawl(world, first)
            print(f"second run: {again.requests} requests, {again.seconds:.1f} s")
            refresh = crawl(world, first, refresh_after_days=0)
            print(f"refresh: {refresh.requests:,} requests, {refresh.not_modified:,} of them answered 304")
        with Imitation(films, SHARE, pauses=PAUSES) as world:
            kills(world, killed)
            print(f"  films that ended otherwise than they truly are: {wrong(world, killed)}")
            print(f"  temporary files left: {sum(1 for _ in killed.rglob('*.part'))}")


if __name__ == "__main__":
    main()
