"""Posters and plots from the web, from the raw files to the items, as Dagster runs it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from assets import catalog
from assets.datasets import dataset
from assets.home import Home
from assets.images import files_of
from assets.ingest import assets as ingest
from assets.posters import assets as posters
from assets.web.resource import Web
from tests.assets.posters.imitation_server import Imitation, generated_picture, made_films

NAME = "ml-latest-small"
ABOUT = dataset(NAME)
SELECTION = dg.AssetSelection.groups("raw", "staging", "pictures", "catalog")


@pytest.fixture(scope="module")
def films():
    """Twelve films, the first two of which have the same poster."""
    pictures = [generated_picture(number) for number in range(12)]
    pictures[1] = pictures[0]
    return made_films(pictures, share_wrong=0)


@pytest.fixture
def home(tmp_path, films) -> Home:
    """A raw folder with the films and a rating of each."""
    folder = tmp_path / "raw" / ABOUT.folder
    folder.mkdir(parents=True)
    rows = {
        "movies.csv": "movieId,title,genres\n" + "".join(f'{f.id},"{f.title} (1999)",Drama\n' for f in films),
        "links.csv": "movieId,imdbId,tmdbId\n" + "".join(f"{f.id},,{f.id}\n" for f in films),
        "ratings.csv": "userId,movieId,rating,timestamp\n" + "".join(f"1,{f.id},4.0,964982703\n" for f in films),
    }
    for name, text in rows.items():
        (folder / name).write_text(text)
    return Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"))


def web_of(world: Imitation) -> Web:
    return Web(
        tmdb_api_base=f"http://{world.api}/3",
        tmdb_image_base=f"http://{world.image}/p",
        allow_hosts=f"{world.api},{world.image}",
    )


def materialize(home: Home, web: Web, **config) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        dg.load_assets_from_modules([ingest, posters, catalog]),
        selection=SELECTION,
        partition_key=NAME,
        resources={"home": home, "web": web},
        run_config={"ops": {"fetched_pictures": {"config": config}}},
        instance=dg.DagsterInstance.ephemeral(),
    )


def read(home: Home, table: str) -> pd.DataFrame:
    return pd.read_parquet(home.table(NAME, table))


def computed(result: dg.ExecuteInProcessResult) -> set[str]:
    return {
        event.asset_key.to_user_string()
        for event in result.get_asset_materialization_events()
        if event.materialization.metadata["computed"].value
    }


def test_posters_and_plots_reach_the_items_and_are_asked_for_once(home, films, monkeypatch):
    monkeypatch.setenv("TRIFUSE_TMDB_TOKEN", "a secret")
    with Imitation(films) as world:
        web = web_of(world)
        materialize(home, web, limit=5)
        assert read(home, "items").has_image.sum() == 5, "limited"
        first = materialize(home, web)
        images, items = read(home, "images"), read(home, "items")
        assert images.status.tolist() == ["found"] * 12 and items.has_image.all()
        assert items.description.tolist() == [f"The story of {film.title}." for film in films]
        paths = set(files_of(home, ABOUT, images))
        assert len(paths) == 11 and all(path.is_file() for path in paths), "the same picture is stored once"
        (facts,) = first.asset_materializations_for_node("fetched_pictures")
        assert "12 of 12 items have a picture" in facts.metadata["summary"].value
        world.forget()
        assert computed(materialize(home, web)) == set()
        assert not world.api_log.requests and not world.image_log.requests
        before = [first.asset_materializations_for_node(name)[0] for name in ("fetched_pictures", "images", "items")]
        asked_again = materialize(home, web, refresh_after_days=0)
        assert world.image_log.requests, "asked again, conditionally"
        after = [asked_again.asset_materializations_for_node(n)[0] for n in ("fetched_pictures", "images", "items")]
        assert [a.tags["dagster/data_version"] for a in after] == [b.tags["dagster/data_version"] for b in before]
    written = b"".join(path.read_bytes() for path in Path(home.root).rglob("*") if path.is_file())
    assert b"a secret" not in written


def test_without_a_key_nobody_is_asked_and_the_metadata_says_which_key(home, monkeypatch):
    monkeypatch.delenv("TRIFUSE_TMDB_TOKEN", raising=False)
    monkeypatch.delenv("TRIFUSE_OMDB_KEY", raising=False)
    result = materialize(home, Web())
    (facts,) = result.asset_materializations_for_node("fetched_pictures")
    assert facts.metadata["asked"].value == "nobody"
    assert (
        facts.metadata["left_out"].value == "tmdb (TRIFUSE_TMDB_TOKEN is not set), omdb (TRIFUSE_OMDB_KEY is not set)"
    )
    assert read(home, "images").empty and not read(home, "items").has_image.any()


def test_what_was_not_reached_is_asked_again_in_the_next_run(home, films, monkeypatch):
    monkeypatch.setenv("TRIFUSE_TMDB_TOKEN", "a secret")
    with Imitation(films) as world:
        web = web_of(world)
    materialize(home, web, tries=1)
    images = read(home, "images")
    assert set(images.status) == {"missing"} and images.reason.str.startswith("not reached:").all()
    assert "fetched_pictures" in computed(materialize(home, web, tries=1))
