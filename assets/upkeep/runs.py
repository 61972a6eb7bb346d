"""Old runs of Dagster's history: their logs and events, but never those that say what there is now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES  # has no public name

AT_ONCE = 500
"""Runs that are asked for at a time."""


def old_runs(instance: dg.DagsterInstance, checks: set[dg.AssetCheckKey], keep_days: float) -> list[str]:
    """Finished runs from before `keep_days`, without those whose materialization or check is an asset's latest."""
    kept = {*_materializing(instance), *_checking(instance, checks)}
    before = datetime.now(UTC) - timedelta(days=keep_days)
    wanted = dg.RunsFilter(statuses=FINISHED_STATUSES, created_before=before)
    return [run.run_id for run in instance.get_runs(wanted) if run.run_id not in kept]


def delete_runs(instance: dg.DagsterInstance, runs: list[str]) -> None:
    """Delete them with all that is theirs. Dagster would leave what their steps printed, the outcomes of their checks,
    and in SQLite the file that their events were in."""
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
    from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
    from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

    storage = instance.event_log_storage
    for run in runs:
        instance.delete_run(run)
        instance.compute_log_manager.delete_logs(prefix=[run])
        if isinstance(storage, SqliteEventLogStorage):
            file = Path(storage.path_for_shard(run))
            for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                path.unlink(missing_ok=True)
    if runs and isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            for begin in range(0, len(runs), AT_ONCE):
                theirs = AssetCheckExecutionsTable.c.run_id.in_(runs[begin : begin + AT_ONCE])
                connection.execute(AssetCheckExecutionsTable.delete().where(theirs))


def _materializing(instance: dg.DagsterInstance) -> Iterator[str]:
    """The runs of the latest materialization of every asset and partition."""
    made = dg.DagsterEventType.ASSET_MATERIALIZATION
    for key in instance.all_asset_keys():
        if latest := instance.get_latest_materialization_event(key):
            yield latest.run_id
        ids = list(instance.event_log_storage.get_latest_storage_id_by_partition(key, made).values())
        for begin in range(0, len(ids), AT_ONCE):
            wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[begin : begin + AT_ONCE])
            yield from (record.run_id for record in instance.fetch_materializations(wanted, limit=AT_ONCE).records)


def _checking(instance: dg.DagsterInstance, checks: set[dg.AssetCheckKey]) -> Iterator[str]:
    """The runs of every check's latest execution."""
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks))
    yield from (record.run_id for record in latest.values())
