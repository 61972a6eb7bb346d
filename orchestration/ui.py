"""`make ui`: the Dagster UI and daemon on 127.0.0.1:3000, with the instance in $TRIFUSE_HOME/dagster."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orchestration.instance import prepare
from orchestration.settings import Settings, SettingsError

HOST, PORT = "127.0.0.1", "3000"


def main() -> None:
    """Replace this process by `dagster dev`, so that signals reach it."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        sys.exit(f"trifuse: {error}")
    folder = prepare(settings)
    workspace = Path(__file__).parent.parent / "workspace.yaml"
    # The code servers are started from another folder, so what they are told may not be relative.
    os.environ["TRIFUSE_HOME"] = str(settings.home)
    for name in ("raw", "weights"):
        if (value := getattr(settings, name)) is not None:
            os.environ[f"TRIFUSE_{name.upper()}"] = str(value)
    if datasets := os.environ.get("TRIFUSE_DATASETS"):
        os.environ["TRIFUSE_DATASETS"] = str(Path(datasets).resolve())
    print(f"Dagster UI: http://{HOST}:{PORT}   instance: {folder}   stop with Ctrl-C", flush=True)
    dagster = Path(sys.executable).with_name("dagster")
    os.execv(dagster, [str(dagster), "dev", "-w", str(workspace), "-h", HOST, "-p", PORT])


if __name__ == "__main__":
    main()
