"""What a person writes into the launchpad of a training is taken, or refused in words that help."""

from __future__ import annotations

import pytest

from assets.recommenders import configured
from models.registry import recommender


def test_a_parameter_changes_the_configuration():
    assert configured(recommender("mlp"), {"learning_rate": 0.005}).learning_rate == 0.005


def test_a_parameter_that_the_model_lacks_is_named_with_those_that_it_has():
    with pytest.raises(ValueError, match=r"mlp has no parameter 'learning_rat'; it has.* learning_rate \(0.01\)"):
        configured(recommender("mlp"), {"learning_rat": 0.005})


def test_a_model_without_parameters_says_so():
    with pytest.raises(ValueError, match="it has, with defaults: "):
        configured(recommender("popularity"), {"x": 1})
