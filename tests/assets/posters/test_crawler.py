"""The crawler against an imitation of TMDB with faults of every kind, whose truth is known for each film."""

from __future__ import annotations

import hashlib
import random
import signal
import time
from pathlib import Path

import pytest

from tests.assets.posters import crawl_process
from tests.assets.posters.crawl_process import rows
from tests.assets.posters.imitation_server import PERMANENT, Imitation, generated_picture, made_films

LIMIT = {"concurrency": 6, "rate": 100}
FAST = {"limit_per_host": LIMIT}


def crawl(world: Imitation, folder: Path, **settings):
    return crawl_process.run(world.api, world.image, folder, len(world.films), FAST | settings)


def truths(world: Imitation) -> dict[str, tuple[str, str | None]]:
    return {f"{film.id:05d}": film.truth for film in world.films.values()}


def found_out(folder: Path) -> dict[str, tuple[str, str | None]]:
    return {
        row["item_id"]: (row["status"], row["sha256"] if row["status"] == "found" else None) for row in rows(folder)
    }


def check_files(folder: Path) -> None:
    """Every found row has its file of that content, every file has a row, and nothing else lies about."""
    named = {row["path"] for row in rows(folder) if row["status"] == "found"}
    pictures = folder / "pictures"
    files = {path.relative_to(pictures).as_posix() for path in pictures.rglob("*") if path.is_file()}
    assert files == named
    for name in files:
        assert hashlib.sha256((pictures / name).read_bytes()).hexdigest() == Path(name).stem


@pytest.fixture(scope="module")
def films():
    pictures = [generated_picture(number) for number in range(200)]
    pictures[7] = pictures[3]  # two films with one poster
    return made_films(pictures, share_wrong=0.03)


def test_every_film_ends_as_it_truly_is_in_spite_of_the_faults(films, tmp_path):
    assert {film.wrong for film in films} == {"", *PERMANENT}
    with Imitation(films, share=0.1) as world:
        summary = crawl(world, tmp_path)
        assert found_out(tmp_path) == truths(world)
        assert all(row["settled"] and row["attempts"] == 1 for row in rows(tmp_path))
        assert all(row["reason"] for row in rows(tmp_path) if row["status"] != "found")
        overviews = {row["item_id"]: row["text"] for row in rows(tmp_path) if row["text"]}
        known = [film for film in films if film.wrong != "unknown film"]
        assert overviews == {f"{film.id:05d}": f"The story of {film.title}." for film in known}
        assert len(set(world.asked.values())) > 1, "no fault struck: the test shows nothing"
        check_files(tmp_path)
        sent = len(world.api_log.requests) + len(world.image_log.requests)
        refused = 1  # the private host's robots.txt: counted, as it is asked for, but never sent
        assert (summary.done, summary.unreached) == (200, 0)
        # One that is sent as the server closes a kept connection may never arrive, and is sent again.
        assert sent + refused <= summary.requests <= sent + refused + 3
        for log in (world.api_log, world.image_log):
            assert 1 < log.peak <= LIMIT["concurrency"]
            # Those under way may arrive late, and so closer together than they were sent.
            assert log.most_per(0.5) <= 0.5 * LIMIT["rate"] + LIMIT["concurrency"]

        world.forget()
        again = crawl(world, tmp_path)
        assert (again.requests, world.api_log.requests, world.image_log.requests) == (0, [], [])
        assert (again.found, again.outcomes) == (summary.found, {})

        refreshed = crawl(world, tmp_path, refresh_after_days=0)
        assert refreshed.not_modified == summary.found  # nothing but conditional requests, robots.txt apart
        assert sum(world.image_log.paths().values()) == summary.found
        assert not world.api_log.requests
        assert found_out(tmp_path) == truths(world)


def test_no_host_ever_has_more_requests_at_once_than_allowed(films, tmp_path):
    with Imitation(films[:60], share=0.1, pauses=0) as world:
        crawl(world, tmp_path, limit_per_host={"concurrency": 2, "rate": 1000})
        assert (world.api_log.peak, world.image_log.peak) == (2, 2)


def kill_at_random(world: Imitation, folder: Path, settings: dict, chance: random.Random) -> None:
    """Start a crawl in a process of its own and kill it when it has asked a few questions."""
    until = len(world.api_log.requests) + chance.randint(5, 22)
    process = crawl_process.start(world.api, world.image, folder, len(world.films), settings)
    while len(world.api_log.requests) < until and process.poll() is None:
        time.sleep(0.002)
    assert process.poll() is None, "the crawl ended before it could be killed: choose a lower rate"
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_crawl_killed_five_times_ends_as_an_undisturbed_one(films, tmp_path):
    final: dict[str, int] = {}
    few, slow, chance = films[:120], {"limit_per_host": {"concurrency": 4, "rate": 40}}, random.Random(1)
    with Imitation(few) as world:
        crawl(world, tmp_path / "undisturbed")
        world.forget()
        for _ in range(5):
            kill_at_random(world, tmp_path / "killed", slow, chance)
            asked, settled = world.requests_by_item(), rows(tmp_path / "killed")
            assert len(settled) < len(few)
            for row in settled:  # what is settled is not asked again by those who come after the kill
                ended = final.setdefault(row["item_id"], asked[row["item_id"]])
                assert asked[row["item_id"]] == ended
        crawl(world, tmp_path / "killed")
        asked = world.requests_by_item()
        assert {item: asked[item] for item in final} == final
        assert len(final) > 20
    check_files(tmp_path / "killed")
    assert comparable(tmp_path / "killed") == comparable(tmp_path / "undisturbed")


def comparable(folder: Path) -> list[dict]:
    return [row | {"fetched_at": None, "attempts": None} for row in rows(folder)]


@pytest.mark.real_data
def test_real_posters_come_through_the_faults_unharmed(raw_data, tmp_path):
    paths = sorted((raw_data / "movielens" / "posters").glob("*.jpg"))[::26]
    films = made_films([path.read_bytes() for path in paths])
    assert len(films) > 140
    with Imitation(films, share=0.1) as world:
        crawl(world, tmp_path)
        assert found_out(tmp_path) == truths(world)
    check_files(tmp_path)
