"""Studies change one thing and no more, and are measured like everything else."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from assets.cells import Cell
from assets.datasets import dataset
from assets.evaluation import current_cells
from assets.judging import Judge
from assets.matrices import load_data
from assets.recommendations import headline_cells
from assets.studies.assets import Studying, Trainer, cells_of, study
from assets.studies.changes import LEFT_OUT, UNCHANGED, Change
from assets.studies.cross import obstacle
from assets.studies.declared import STUDIES, Variation, reference, study_of
from assets.studies.joined import joined, matched
from assets.warehouse import sql, working
from models.registry import recommender
from models.splits import TEST, TRAIN, VALID
from tests.assets.two_shops import FOLD, OURS, THEIRS, Spy, SpyConfig, encoded, two_shops, workshop

RUN = "run"


@pytest.fixture
def home(tmp_path):
    return two_shops(tmp_path)


def silent(_line):
    pass


def cell(variant):
    return Cell(OURS, "svd", "xia2024", 0, variant)


# ---- what is declared ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STUDIES)
def test_every_variation_can_be_trained_and_has_a_name_of_its_own(name):
    for one in STUDIES[name].variations:
        model = recommender(one.model)
        assert reference(one.model) == model.variants[0]
        if one.change == UNCHANGED:
            assert one.variant in model.variants
        else:
            assert one.variant not in model.variants and "|" not in one.variant
            assert one.change.base == model.variants[0]
            assert one.change.settings(model.Config()) != model.Config() or one.change.parameters == ()
            assert study_of(one.model, one.variant) == name, "the variant stands in one study only"


def test_a_study_is_each_model_as_it_is_and_then_its_variations():
    made = [(v.model, v.variant) for v in STUDIES["learning-rate"].of(OURS)]
    assert made == [("poster-transformer", v) for v in ("cro", "lr=0.001", "lr=0.0005", "lr=0.0001")]
    crossed = [v.variant for v in STUDIES["cross-dataset"].of(OURS)]
    assert crossed == ["", "", *["mixed-with=ml-1m", "trained-on=ml-1m"] * 2]


def test_protocols_under_which_a_study_makes_no_sense_are_left_out():
    about, cross = dataset(OURS), STUDIES["cross-dataset"]
    cells = cells_of(cross, about, Studying(protocols=["global-time", "xia2024"], seeds=[3]))
    assert {(one.protocol, one.seed) for one, _ in cells} == {("xia2024", 3)}
    with pytest.raises(ValueError, match="cross-dataset makes no sense under global-time"):
        cells_of(cross, about, Studying(protocols=["global-time"]))


def test_of_a_study_those_models_are_varied_that_were_asked_for():
    size, about = STUDIES["data-size"], dataset(OURS)
    cells = cells_of(size, about, Studying(protocols=["xia2024"], seeds=[0], models=["svd", "bias"]))
    assert {one.model for one, _ in cells} == {"svd"} and len(cells) == 4
    with pytest.raises(ValueError, match=r"data-size varies svd, .* not bias"):
        cells_of(size, about, Studying(models=["bias"]))


# ---- what is changed -------------------------------------------------------------------------------------------


def test_a_share_of_the_train_fold_is_part_of_the_next_larger_and_the_rest_stays():
    fold = np.repeat([TRAIN, VALID, TEST], [100, 10, 10]).astype(np.int8)
    kept = [np.flatnonzero(Change(train_share=s).fold(fold, 7) == TRAIN) for s in (0.1, 0.25, 0.5)]
    assert [len(rows) for rows in kept] == [10, 25, 50]
    assert set(kept[0]) < set(kept[1]) < set(kept[2]) < set(range(100))
    assert np.array_equal(Change(train_share=0.1).fold(fold, 7)[100:], fold[100:])
    assert not np.array_equal(Change(train_share=0.1).fold(fold, 8), Change(train_share=0.1).fold(fold, 7))


def test_the_other_datasets_rows_are_never_tested_and_ours_never_trained_on_instead():
    fold = np.array([TRAIN, VALID, TEST], np.int8)
    assert Change(other=THEIRS).joined_fold(fold, 2, 0).tolist() == [TRAIN, VALID, TEST, TRAIN, TRAIN]
    instead = Change(other=THEIRS, instead=True).joined_fold(fold, 40, 0)
    assert instead[:3].tolist() == [LEFT_OUT, LEFT_OUT, TEST]
    assert sorted(instead[3:].tolist()) == [TRAIN] * 38 + [VALID] * 2


def test_a_bad_field_of_the_configuration_is_named():
    with pytest.raises(ValidationError, match="no_such_field"):
        Change(parameters=(("no_such_field", 1),)).settings(SpyConfig())


# ---- what is trained -------------------------------------------------------------------------------------------


def test_a_change_reaches_the_model_and_its_record_and_nothing_else_changes(home):
    shop = workshop(home)
    shop.train(cell(""), RUN, silent)
    changes = {
        "answer=4": Change(base="", parameters=(("answer", 4.0),)),
        "no-image": Change(base="", knock_out="no-image"),
        "train=50%": Change(base="", train_share=0.5),
    }
    for variant, change in changes.items():
        shop.train(cell(variant), RUN, silent, change)
    (plain, valid, features), answered, blind, halved = Spy.given
    assert len(plain) == 10 and len(valid) == 2 and list(features.item_vectors) == ["image", "title"]
    assert len(answered[0]) == 10 and list(answered[2].item_vectors) == ["image", "title"]
    assert len(blind[0]) == 10 and list(blind[2].item_vectors) == ["title"]
    assert len(halved[0]) == 5 and len(halved[1]) == 2 and list(halved[2].item_vectors) == ["image", "title"]
    predicted = {v: pd.read_parquet(cell(v).folder(home) / "predictions.parquet").prediction for v in ("", "answer=4")}
    assert predicted[""].tolist() == [3] * 4 and predicted["answer=4"].tolist() == [4] * 4


def test_what_is_there_is_not_trained_again_unless_the_change_is_another(home):
    shop = workshop(home)
    for share in (0.5, 0.5, 0.2):
        shop.train(cell("train"), RUN, silent, Change(base="", train_share=share))
    assert [len(train) for train, *_ in Spy.given] == [5, 2]


def test_a_model_without_a_change_has_the_fingerprint_that_it_has_without_studies(home):
    made = workshop(home).train(cell(""), RUN, silent)
    again = workshop(home).train(cell(""), "another run", silent, UNCHANGED)
    assert again == made and not Spy.given


def test_a_variation_of_what_the_dataset_lacks_is_passed_over_and_said(home, monkeypatch):
    monkeypatch.setattr("assets.studies.assets.recommender_class", lambda name: Spy)
    encoded(home, OURS, "image", "", 0)
    said = []
    wanted = [Variation("svd", "", UNCHANGED), Variation("svd", "no-image", Change(base="", knock_out="no-image"))]
    Spy.given.clear()
    done = Trainer(home, dataset(OURS), RUN, said.append).train([(cell(v.variant), v) for v in wanted])
    assert [one.variant for one, _ in done] == [""] and len(Spy.given) == 1
    assert f"{OURS} has no image: svd no-image is passed over" in said


def test_rows_of_a_study_stand_in_metrics_under_its_name_and_recommend_nothing(home, monkeypatch):
    for place in ("evaluation", "recommendations"):
        monkeypatch.setattr(f"assets.{place}.recommender_class", lambda name: Spy)
    shop = workshop(home)
    shop.train(cell(""), RUN, silent)
    shop.train(cell("train=50%"), RUN, silent, Change(base="", train_share=0.5))
    shop.train(cell("train=33%"), RUN, silent, Change(base="", train_share=0.33))
    cells = current_cells(home, OURS)
    assert [Cell.parse(m.partition).variant for m in cells] == ["", "train=50%"], "33% is in no study (any more)"
    judge = Judge(home, OURS)
    rows = pd.DataFrame([row for manifest in cells for row in judge.judged(manifest, RUN, silent)[0]])
    truth = np.resize([1, 2, 3, 4, 5], 16)[FOLD == TEST]
    assert set(zip(rows.variant, rows.study, strict=True)) == {("", ""), ("train=50%", "data-size")}
    assert rows[rows.metric == "rmse"].value.tolist() == [pytest.approx(np.sqrt(np.mean((truth - 3.0) ** 2)))] * 2
    assert [Cell.parse(m.partition).variant for m in headline_cells(home, OURS)] == [""]


def test_the_snapshot_keeps_studies_off_the_leaderboard():
    rows = [("svd", "", "''", 0.9), ("svd", "train=50%", "'data-size'", 0.8), ("bias", "", "DEFAULT", 1.0)]
    with working() as connection:
        connection.execute(sql("serving/tables"))
        connection.execute(sql("macros"))
        for model, variant, study_name, value in rows:
            connection.execute(
                "INSERT INTO metrics (dataset, protocol, seed, model, variant, metric, value, study) "
                f"VALUES ('d', 'xia2024', 0, '{model}', '{variant}', 'rmse', {value}, {study_name})"
            )
        board = connection.execute("SELECT model, variant FROM leaderboard('d', 'rmse')").fetchall()
        studied = connection.execute("SELECT study, model, variant FROM studies('d', 'rmse')").fetchall()
    assert board == [("svd", ""), ("bias", "")], "rows of before there were studies are of models as they are"
    assert studied == [("data-size", "svd", "train=50%")]


def test_the_asset_trains_the_study_and_does_nothing_the_second_time(home, monkeypatch):
    monkeypatch.setattr("assets.studies.assets.recommender_class", lambda name: Spy)
    varied = STUDIES["data-size"].variations
    small = replace(STUDIES["data-size"], variations=tuple(v for v in varied if v.model == "svd"))
    monkeypatch.setitem(STUDIES, "data-size", small)
    key = dg.MultiPartitionKey({"dataset": OURS, "study": "data-size"})
    config = {"ops": {"study": {"config": {"protocols": ["xia2024"], "seeds": [0]}}}}
    Spy.given.clear()
    seen = []
    for _ in range(2):
        done = dg.materialize([study], partition_key=key, resources={"home": home}, run_config=config)
        (event,) = done.asset_materializations_for_node("study")
        seen.append((event.metadata["computed"].value, event.tags["dagster/data_version"]))
    assert [computed for computed, _ in seen] == [True, False] and seen[0][1] == seen[1][1]
    assert sorted(len(train) for train, *_ in Spy.given) == [1, 2, 5, 10]
    assert "| svd | train=25% | xia2024 | 0 |" in event.metadata["cells"].value


def test_the_asset_refuses_two_datasets_of_which_one_is_not_there(home):
    for manifest in (home.path / "lake" / "manifests").glob(f"*/{THEIRS}/current.json"):
        manifest.unlink()
    key = dg.MultiPartitionKey({"dataset": OURS, "study": "cross-dataset"})
    with pytest.raises(LookupError, match="trains on ml-1m as well, which has no users yet"):
        dg.materialize([study], partition_key=key, resources={"home": home})


# ---- two datasets ----------------------------------------------------------------------------------------------


def test_an_item_of_the_same_title_and_year_is_the_same(home):
    ours, theirs = (pd.read_parquet(home.table(name, "items")) for name in (OURS, THEIRS))
    place, new = matched(ours, theirs)
    assert place.tolist() == [2, 4, 5] and new.tolist() == [False, True, True], "A is of another year there"


def test_two_datasets_in_one_space_keep_our_indices_and_one_code_for_one_value(home):
    ours, theirs = (load_data(home, dataset(name), True) for name in (OURS, THEIRS))
    both = joined(ours, theirs)
    assert (both.features.n_users, both.features.n_items) == (6, 6)
    rows = both.catalog.interactions
    assert rows.users.tolist() == [*ours.catalog.interactions.users, *[4] * 3, *[5] * 3]
    assert rows.items.tolist() == [*ours.catalog.interactions.items, *[2, 4, 5] * 2]
    assert both.features.user_fields["gender"].values.tolist() == [2, 1, 1, 1, 2, 1]
    assert both.features.item_vectors["image"].tolist() == [[v, v] for v in (5, 6, 7, 8, 5, 6)]
    assert both.reviews is None


def test_a_field_that_one_dataset_lacks_is_zeros_there(home):
    ours, theirs = (load_data(home, dataset(name), True) for name in (OURS, THEIRS))
    del ours.features.item_vectors["image"]
    both = joined(ours, theirs._replace(reviews=np.ones((6, 3), np.float32)))
    assert both.features.item_vectors["image"].tolist() == [[0, 0]] * 4 + [[5, 5], [6, 6]]
    assert both.reviews.tolist() == [[0, 0, 0]] * 16 + [[1, 1, 1]] * 6


def test_a_dataset_that_has_no_titles_at_all_shares_no_item():
    """As Amazon's of 2014 where its metadata is not there."""
    ours, theirs = (pd.DataFrame({"title": [name, None], "year": [1995.0, None]}) for name in ("Heat", None))
    theirs["title"] = theirs.title.astype("string")
    for pair in ((ours, theirs), (theirs, ours)):
        place, new = matched(*pair)
        assert place.tolist() == [2, 3] and new.all()


def test_trained_on_the_other_dataset_and_tested_on_ours(home):
    shop = workshop(home)
    made = shop.train(cell("trained-on"), RUN, silent, Change(base="", other=THEIRS, instead=True))
    shop.train(cell("mixed"), RUN, silent, Change(base="", other=THEIRS))
    (train, valid, _), (mixed, mixed_valid, _) = Spy.given
    assert set(train.users) | set(valid.users) == {4, 5} and len(train) == 5 and len(valid) == 1
    assert len(mixed) == 16 and set(mixed_valid.users) < set(range(4)) and len(mixed_valid) == 2
    assert made.upstream[f"interactions@{THEIRS}"] == "v" and f"folds@{THEIRS}" not in made.upstream
    tested = pd.read_parquet(cell("mixed").folder(home) / "predictions.parquet")
    assert tested.user_id.tolist() == ["u3"] * 4 and tested.item_id.tolist() == ["i0", "i1", "i2", "i3"]


def test_why_two_datasets_cannot_be_trained_on_together_is_said(home):
    assert obstacle(home, OURS) is None
    encoded(home, THEIRS, "title", "another encoder")
    assert "title vectors of ml-100k and ml-1m are of different encoders" in obstacle(home, OURS)
    assert "names no partner of ml-32m" in obstacle(home, "ml-32m")
    for folder in (home.path / "lake" / "manifests").glob(f"*/{THEIRS}/current.json"):
        folder.unlink()
    assert "`trifuse run ml-1m --until embeddings` first" in obstacle(home, OURS)
