"""Names of processes, by which the temporary files and runs of killed ones are told from those of living ones."""

from __future__ import annotations

import os
import re
import socket
from functools import cache
from hashlib import sha256
from pathlib import Path

PATTERN = r"[0-9a-f]{8}-\d+-\d*"
"""What a name looks like: machine, process id, and the time the process started in clock ticks since boot."""


def this_process() -> str:
    """The name of this process."""
    return f"{_machine()}-{os.getpid()}-{_started(os.getpid())}"


def is_here(name: str) -> bool:
    """Whether a process is, or was, one of this machine's (or container's), so that others can be asked about it."""
    return name.split("-")[0] == _machine()


def is_dead(name: str) -> bool:
    """Whether a process of this machine has ended. Of another machine's nothing is known, so it counts as alive.

    One with another kind of name was of an earlier version of Trifuse, and is over.
    """
    if not re.fullmatch(PATTERN, name):
        return True
    _, pid, started = name.split("-")
    return is_here(name) and _started(int(pid)) != started


@cache
def _machine() -> str:
    """Containers may share a host's name and a folder, but not the numbers of their processes."""
    namespace = Path("/proc/self/ns/pid")
    inside = os.readlink(namespace) if namespace.is_symlink() else ""
    return sha256(f"{socket.gethostname()} {inside}".encode()).hexdigest()[:8]


def _started(pid: int) -> str:
    """The start time of a process, '' where there is no such process, or where the system does not say."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state == "Z" else fields[18]
