"""The environment becomes typed settings, or an error that names the variable."""

from __future__ import annotations

import pytest

from orchestration.settings import Settings, SettingsError, resolve_device


def test_defaults_need_nothing(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TRIFUSE_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment()
    assert settings.home == tmp_path / ".trifuse" and settings.raw is None and settings.threads >= 1


@pytest.mark.parametrize(
    ("name", "value"), [("DEVICE", "tpu"), ("THREADS", "0"), ("THREADS", "many"), ("RAW", "/no/such/folder")]
)
def test_a_bad_value_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"TRIFUSE_{name}", value)
    with pytest.raises(SettingsError, match=f"TRIFUSE_{name}"):
        Settings.from_environment()


def test_an_explicit_device_is_taken_at_its_word():
    assert resolve_device("cpu") == "cpu" and resolve_device("cuda") == "cuda"
