"""The files of deploy/ can be read, and agree with what is pinned. Nothing is built or applied here."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from orchestration.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
DEBIAN_12 = "3.11.2"
"""The oldest Python that `make demo` and the image's steps were run with."""
PINNED = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["helm-values.yaml", "ray-cluster.yaml", "Containerfile"])
def test_each_says_what_was_tried_and_yaml_is_read(name):
    text = (DEPLOY / name).read_text()
    assert re.search(r"^# (Run|Rendered|Validated), not ", text, re.MULTILINE)
    assert name == "Containerfile" or yaml.safe_load(text)


def test_versions_are_those_that_are_pinned():
    values, ray = ((DEPLOY / name).read_text() for name in ("helm-values.yaml", "ray-cluster.yaml"))
    assert f"--version {PINNED['dagster']}" in values
    assert yaml.safe_load(ray)["spec"]["rayVersion"] == PINNED["ray"]
    image = (DEPLOY / "Containerfile").read_text()
    for package in ("torch", "torchvision", "ray"):
        asked = set(re.findall(rf"\b{package}(?:\[\w+\])?==(\S+?)[' ;\n]", image))
        assert asked == {PINNED[package]}, package


def test_the_image_has_all_packages_and_the_variables_are_ours():
    image = (DEPLOY / "Containerfile").read_text()
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert all(f"COPY {package.rstrip('*')} " in image for package in packages) and "COPY sql sql" in image
    values = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text())
    told = values["dagster-user-deployments"]["deployments"][0]["env"]
    assert {variable["name"].removeprefix("TRIFUSE_").lower() for variable in told} <= set(Settings.model_fields)


def test_what_is_pinned_installs_on_an_old_python():
    """Else pip says, on that machine alone, that the pins contradict each other."""
    asked = {
        about.name: about.metadata["Requires-Python"] or ""
        for about in distributions()
        if PINNED.get(about.name) == about.version.partition("+")[0]
    }
    assert len(asked) > 100
    assert {name: wants for name, wants in asked.items() if not SpecifierSet(wants).contains(DEBIAN_12)} == {}
