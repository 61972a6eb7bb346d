"""What a person writes into the launchpad of a training is taken, or refused in words that help."""

from __future__ import annotations

import dagster as dg
import pytest

from assets import recommenders
from assets.recommenders import configured
from models.registry import recommender
from tests.assets.trained_home import NAME, PROTOCOL, TrainedHome


def test_a_parameter_changes_the_configuration():
    assert configured(recommender("mlp"), {"learning_rate": 0.005}).learning_rate == 0.005


def test_a_parameter_that_the_model_lacks_is_named_with_those_that_it_has():
    with pytest.raises(ValueError, match=r"mlp has no parameter 'learning_rat'; it has.* learning_rate \(0.01\)"):
        configured(recommender("mlp"), {"learning_rat": 0.005})


def test_a_model_without_parameters_says_so():
    with pytest.raises(ValueError, match="it has, with defaults: "):
        configured(recommender("popularity"), {"x": 1})


def test_what_the_new_parameters_made_of_a_model_stands_beside_what_it_was(tmp_path):
    made = TrainedHome(tmp_path)
    made.run("a" * 12, ("item-cf",))

    def trained(parameters: dict) -> dict:
        config = {"parameters": parameters, "protocols": [PROTOCOL], "seeds": [0]}
        done = dg.materialize(
            [recommenders.recommender],
            partition_key=dg.MultiPartitionKey({"dataset": NAME, "model": "item-cf"}),
            resources={"home": made.home},
            run_config={"ops": {"recommender": {"config": config}}},
        )
        return done.get_asset_materialization_events()[0].materialization.metadata

    first, again = trained({}), trained({"neighbours": [3]})
    assert first["parameters"].value == "the model's own" and again["parameters"].value == "neighbours = [3]"
    was, now = (f"{facts['valid_rmse'].value:.4f}" for facts in (first, again))
    assert was != now
    assert f"| {PROTOCOL} | 0 |  | {was} |  |" in first["cells"].value, "it is the model that was there"
    assert f"| {PROTOCOL} | 0 |  | {now} | {was} |" in again["cells"].value
