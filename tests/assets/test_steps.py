"""What is unchanged is not computed again; what changed, vanished or is missing is noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets import steps
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.steps import Output, remember


class Counting:
    """A computation that counts its calls and writes one file."""

    def __init__(self, home, version="v1"):
        self.path, self.version, self.calls = home / "out.txt", version, 0

    def __call__(self, say):
        self.calls += 1
        self.path.write_text(self.version)
        return Output(self.version, 1, [self.path])


def run(manifests, compute, *, code="1", config=None, upstream=None):
    return remember(manifests, "thing", "d", code, "run", upstream or {}, config, compute, lambda line: None)


def test_only_a_change_of_input_code_or_configuration_computes_again(tmp_path):
    manifests, compute = Manifests(tmp_path), Counting(tmp_path)
    manifests.save(Manifest("above", "d", "r", "1", "f", "a1", {}))
    above = {"above": "d"}
    assert run(manifests, compute, upstream=above)[1] and not run(manifests, compute, upstream=above)[1]
    assert run(manifests, compute, upstream=above, code="2")[1]
    assert run(manifests, compute, upstream=above, code="2", config={"seed": 1})[1]
    manifests.save(Manifest("above", "d", "r", "1", "f", "a2", {}))
    manifest, computed = run(manifests, compute, upstream=above, code="2", config={"seed": 1})
    assert computed and manifest.upstream == {"above@d": "a2"}
    assert compute.calls == 4


def test_a_vanished_or_truncated_file_is_made_again(tmp_path):
    manifests, compute = Manifests(tmp_path), Counting(tmp_path)
    run(manifests, compute)
    compute.path.unlink()
    assert run(manifests, compute)[1]
    compute.path.write_text("")
    assert run(manifests, compute)[1]


def test_what_is_put_together_from_parts_is_made_again_where_one_is_lost(tmp_path):
    manifests, part = Manifests(tmp_path), tmp_path / "part.bin"
    part.write_text("model")

    def together(say):
        manifests.save(Manifest("part", "d|1", "run", "1", "f", "p1", {}, files={"part.bin": 5}))
        part.write_text("model")
        return Output("v1", 1, [], upstream={"part@d|1": "p1"})

    assert run(manifests, together)[1] and not run(manifests, together)[1]
    part.unlink()
    assert run(manifests, together)[1] and not run(manifests, together)[1]


def test_a_missing_upstream_says_what_to_do(tmp_path):
    with pytest.raises(LookupError, match=r"above has not been materialized for d yet.*trifuse run"):
        run(Manifests(tmp_path), Counting(tmp_path), upstream={"above": "d"})


def test_a_failed_computation_leaves_no_manifest(tmp_path):
    def fail(say):
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        run(Manifests(tmp_path), fail)
    assert Manifests(tmp_path).current("thing", "d") is None


def test_history_keeps_every_version_and_fresh_looks_upstream(tmp_path):
    manifests, compute = Manifests(tmp_path), Counting(tmp_path)
    manifests.save(Manifest("above", "d", "r", "1", "f", "a1", {}))
    first, _ = run(manifests, compute, upstream={"above": "d"})
    assert manifests.fresh(first)
    manifests.save(Manifest("above", "d", "r", "1", "f", "a2", {}))
    assert not manifests.fresh(first)
    assert [m.data_version for m in manifests.history() if m.asset == "above"] == ["a1", "a2"]


def test_a_file_whose_hash_is_its_version_is_read_once(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(steps, "sha256_of", lambda path: read.append(path) or "hash of " + path.name)

    def compute(say):
        for name in ("one", "other"):
            (tmp_path / name).write_text(name)
        return replace(steps.from_file(tmp_path / "one"), files=[tmp_path / "one", tmp_path / "other"])

    made, _ = run(Manifests(tmp_path), compute)
    assert made.hashes == {"one": "hash of one", "other": "hash of other"} and made.data_version == "hash of one"
    assert read == [tmp_path / "one", tmp_path / "other"]


def test_the_ui_shows_the_assets_own_table_with_its_columns_explained(tmp_path):
    import pandas as pd

    for table in ("metrics", "test_reads"):
        pd.DataFrame({"metric_id": ["a"], "unknown": [1]}).to_parquet(tmp_path / f"{table}.parquet")
    files = {f"{table}.parquet": 1 for table in ("metrics", "test_reads")}
    manifest = Manifest("metrics", "d", "r", "1", "f", "v", {}, files=files, metadata={"page": "/somewhere"})
    facts = steps.shown(manifest, Home(root=str(tmp_path)), computed=True)
    assert facts["dagster/uri"].endswith("metrics.parquet") and facts["page"].path == "/somewhere"
    assert [bool(column.description) for column in facts["dagster/column_schema"].columns] == [True, False]
