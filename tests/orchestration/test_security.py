"""No shell strings, nothing unpickled, nothing evaluated; the UI is this machine's alone unless told otherwise."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from orchestration import ui
from orchestration.settings import Settings
from tests.conftest import ROOT

SOURCES = [
    path for folder in ("assets", "models", "orchestration", "benchmarks") for path in (ROOT / folder).rglob("*.py")
]
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen", "torch.load", "yaml.load", "pd.read_pickle", "tarfile.open"}
FORBIDDEN_IMPORTS = {"pickle", "dill", "joblib", "shelve", "marshal"}
FORBIDDEN_ARGUMENTS = {"shell", "allow_pickle", "trust_remote_code"}


def offences(tree: ast.AST) -> list[str]:
    """What in a module could run what it reads."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [name for name in names if name.split(".")[0] in FORBIDDEN_IMPORTS]
        if isinstance(node, ast.Call):
            found += [name for name in [ast.unparse(node.func)] if name in FORBIDDEN_CALLS]
            told = [k for k in node.keywords if k.arg in FORBIDDEN_ARGUMENTS]
            found += [k.arg for k in told if not (isinstance(k.value, ast.Constant) and k.value.value is False)]
    return found


@pytest.mark.parametrize(
    "code",
    ["eval('1')", "import pickle", "from joblib import load", "subprocess.run('ls', shell=True)", "torch.load(p)",
     "np.load(p, allow_pickle=x)"],
)  # fmt: skip
def test_the_search_finds_what_it_is_for(code):
    assert offences(ast.parse(code))


def test_nothing_that_is_read_can_be_run():
    assert len(SOURCES) > 200
    found = {str(path.relative_to(ROOT)): bad for path in SOURCES if (bad := offences(ast.parse(path.read_bytes())))}
    assert found == {}


@pytest.mark.parametrize(("host", "ours"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
                                            ("10.0.0.4", False), ("trifuse.example.org", False)])  # fmt: skip
def test_a_loopback_address_is_told_from_others(host, ours):
    assert ui.is_loopback(host) is ours


@pytest.mark.parametrize(("host", "warned"), [(None, False), ("0.0.0.0", True)])
def test_the_ui_is_this_machines_alone_unless_told_otherwise(monkeypatch, capsys, tmp_path, host, warned):
    started = []
    monkeypatch.setattr(os, "execv", lambda _program, command: started.append(command))
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    if host:
        monkeypatch.setenv("TRIFUSE_UI_HOST", host)
    ui._replace(Settings.from_environment())
    assert started[0][started[0].index("-h") + 1] == (host or "127.0.0.1")
    assert ("it has no login" in capsys.readouterr().out) is warned
    assert Path(started[0][0]).is_absolute()
