"""`make ui`: the Dagster UI and daemon, by default on 127.0.0.1:3000, with the instance in $TRIFUSE_HOME/dagster."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import IO

from orchestration.faults import Unusable
from orchestration.instance import close_orphans, open_instance, prepare, ui_lock
from orchestration.settings import Settings, SettingsError

PATIENCE_SECONDS = 30
"""So long a command may hold the lock for a moment."""


def main() -> None:
    """Replace this process by `dagster dev`, so that signals reach it."""
    try:
        settings = Settings.from_environment()
        prepare(settings)
    except (SettingsError, Unusable) as error:
        sys.exit(f"trifuse: {error}")
    for _ in range(PATIENCE_SECONDS):
        with suppress(BlockingIOError), ui_lock(settings) as lock:
            _start(settings, lock)
        if _is_held(settings):
            break
        time.sleep(1)
    sys.exit(
        f"trifuse: a UI runs on TRIFUSE_HOME={settings.home} already ({running(settings)}), and two daemons would "
        "start everything twice. Use that one, or stop it; for another home set TRIFUSE_HOME and TRIFUSE_UI_PORT."
    )


def _start(settings: Settings, lock: IO[str]) -> None:
    """Put right what the last one left, and become `dagster dev`, which goes on holding the lock."""
    with open_instance(settings) as instance:
        close_orphans(instance)  # nobody else watches their workers
    os.set_inheritable(lock.fileno(), True)
    lock.truncate(0)
    lock.write(f"http://{settings.ui_host}:{settings.ui_port}, process {os.getpid()}")
    lock.flush()
    _replace(settings)


def _is_held(settings: Settings) -> bool:
    """Whether a UI holds the lock, and not a command that looks after dead runs for a moment."""
    return Path("/proc", running(settings).rpartition(" ")[2] or "none").exists()


def running(settings: Settings) -> str:
    """Where the UI that holds the lock said it is."""
    return (settings.dagster_home / ".ui.lock").read_text()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _replace(settings: Settings) -> None:
    # The code servers are started from another folder, so what they are told may not be relative.
    os.environ["TRIFUSE_HOME"] = str(settings.home)
    for name in ("raw", "weights"):
        if (value := getattr(settings, name)) is not None:
            os.environ[f"TRIFUSE_{name.upper()}"] = str(value)
    if datasets := os.environ.get("TRIFUSE_DATASETS"):
        os.environ["TRIFUSE_DATASETS"] = str(Path(datasets).resolve())
    host, port = settings.ui_host, str(settings.ui_port)
    if not is_loopback(host):
        print(f"Everybody who reaches {host}:{port} can run code here: it has no login. See docs/threats.md.")
    print(f"Dagster UI: http://{host}:{port}   instance: {settings.dagster_home}   stop with Ctrl-C", flush=True)
    workspace = Path(__file__).parent.parent / "workspace.yaml"
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", host, "-p", port]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
