"""In what condition TRIFUSE_HOME is: room, rights, damage, what killed runs left, clocks, and who works there now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from assets.damage import HISTORY, Damage, damaged
from assets.damage import repair as remove_damage
from assets.leftovers import leftovers, sweep
from assets.manifests import Manifests
from orchestration import clock
from orchestration.faults import closed, full
from orchestration.instance import UNDER_WAY, close_dead_runs, close_orphans, dead_runs, orphans, ui_lock
from orchestration.resources import home
from orchestration.settings import Settings
from orchestration.ui import running


@dataclass(frozen=True)
class Condition:
    """One thing looked at. what: with the way out, where it is not `ok`. mended: put right just now."""

    ok: bool
    what: str
    mended: bool = False


def examine_home(settings: Settings, repair: bool) -> Iterator[Condition]:
    """Everything about an existing TRIFUSE_HOME; with `repair`, what can be put right is."""
    for why in filter(None, (closed(settings), full(settings))):
        yield Condition(False, why)
        return  # nothing else can be opened
    found = list(damaged(home(settings), whole=repair))
    yield from _damage(settings, found, repair)
    yield from _leftovers(settings, repair)
    yield from _dated(settings)
    unreadable = not repair and any(damage.path.suffix == HISTORY for damage in found)
    if (settings.dagster_home / "dagster.yaml").exists() and not unreadable:
        with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
            yield from _ui(settings)
            yield from _runs(settings, instance, repair)
            yield from _clock(instance, repair)


def _damage(settings: Settings, found: list[Damage], repair: bool) -> Iterator[Condition]:
    for damage in found:
        fate = "It is put aside" if damage.path.suffix == HISTORY else "It is removed, and made anew by the next run"
        yield Condition(False, f"{damage.path} is damaged: {damage.why.rstrip('.')}. {fate}.", repair)
    if repair:
        remove_damage(home(settings), found)
    if not found:
        yield Condition(True, "what was made can be read" + ("" if repair else "; --repair reads every byte of it"))


def _leftovers(settings: Settings, repair: bool) -> Iterator[Condition]:
    found = sweep(settings.home) if repair else list(leftovers(settings.home))
    if found:
        names = f"{len(found)} temporary files of killed processes, {found[0]} for one"
        yield Condition(False, f"{names}. The next run removes them.", repair)


def _dated(settings: Settings) -> Iterator[Condition]:
    now = time.time() + clock.AHEAD_SECONDS
    ahead = [
        m for m in Manifests(settings.home).all_current() if datetime.fromisoformat(m.created_at).timestamp() > now
    ]
    if ahead:
        one = f"{ahead[-1].asset} {ahead[-1].partition} {ahead[-1].created_at}"
        yield Condition(
            True,
            f"{len(ahead)} results are dated in the future ({one}): a clock was or is wrong. It does no harm, as only "
            "their content counts; set this machine's clock if it is that one",
        )


def _ui(settings: Settings) -> Iterator[Condition]:
    try:
        with ui_lock(settings):
            yield Condition(True, "no UI and no daemon is running")
    except BlockingIOError:
        yield Condition(True, f"the UI and its daemon are running: {running(settings)}")


def _runs(settings: Settings, instance: dg.DagsterInstance, repair: bool) -> Iterator[Condition]:
    dead = dead_runs(instance)
    with suppress(BlockingIOError), ui_lock(settings):
        dead += orphans(instance)
        if repair:
            close_orphans(instance)
    if repair:
        close_dead_runs(instance)
    for run in dead:
        yield Condition(
            False, f"run {run.run_id} counts as running but its process was killed. The next run closes it.", repair
        )
    slots = {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY))}
    for pool in instance.event_log_storage.get_concurrency_keys():
        info = instance.event_log_storage.get_concurrency_info(pool)
        for run_id in info.active_run_ids - slots - {run.run_id for run in dead}:
            if repair:
                instance.event_log_storage.free_concurrency_slots_for_run(run_id)
            yield Condition(False, f"pool {pool}: a slot is held by run {run_id}, which has ended.", repair)


def _clock(instance: dg.DagsterInstance, repair: bool) -> Iterator[Condition]:
    for name in clock.waiting(instance):
        yield Condition(False, f"the clock was ahead: nothing is started by {name}.", repair)
    if repair:
        clock.set_right(instance)
