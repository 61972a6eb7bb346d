"""A run that a red check has stopped says what is red, and on which page it is shown."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.plan import _page_of


@pytest.mark.parametrize(
    ("assets", "page"),
    [(["metrics"], "report"), (["folds"], "data_docs"), (["items", "text_embeddings"], "data_docs")],
)
def test_numbers_are_shown_by_the_report_and_data_by_the_data_docs(assets, page):
    severe = {"passed": False, "metadata": {}, "severity": dg.AssetCheckSeverity.ERROR}
    assert _page_of([dg.AssetCheckEvaluation(dg.AssetKey(name), "check", **severe) for name in assets]) == page
