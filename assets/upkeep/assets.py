"""The asset that keeps the disk bounded, and says what it freed."""

import dagster as dg
from pydantic import Field

from assets.home import Home
from assets.steps import Say, teller
from assets.upkeep.runs import delete_runs, old_runs
from assets.upkeep.stale import free, stale, sums
from assets.validation import CHECKS


class RetentionConfig(dg.Config):
    """What is kept."""

    keep_days: float = Field(default=30, ge=0, description="Days; what nothing refers to is kept for so long.")
    keep_run_days: float = Field(default=90, ge=1, description="Days; finished runs are kept for so long.")
    dry_run: bool = Field(default=False, description="Delete nothing, only say what would be.")


@dg.asset(group_name="upkeep", kinds={"file"}, code_version="1")
def retention(context: dg.AssetExecutionContext, home: Home, config: RetentionConfig) -> dg.MaterializeResult:
    """Deletes what nothing refers to any more: old runs, models of old data or code, vectors, pictures, checkpoints."""
    say = teller(context)
    checks = {key for check in CHECKS for key in check.check_keys}
    runs = old_runs(context.instance, checks, config.keep_run_days)
    found = list(stale(home, config.keep_days))
    freed = sums(found)
    if not config.dry_run:
        delete_runs(context.instance, runs)
        free(found)
    freed |= _vectors(home, config.dry_run, say)
    lines = ["| what | how many | MB |", "|---|---|---|", f"| runs | {len(runs):,} | |"]
    lines += [f"| {kind} | {count:,} | {size / 1e6:,.1f} |" for kind, (count, size) in freed.items()]
    total = sum(size for _, size in freed.values())
    say(f"{'could free' if config.dry_run else 'freed'} {total / 1e6:,.1f} MB and {len(runs)} runs")
    return dg.MaterializeResult(
        metadata={"freed": dg.MetadataValue.md("\n".join(lines)), "bytes_freed": total, "runs_deleted": len(runs)}
    )


def _vectors(home: Home, dry_run: bool, say: Say) -> dict[str, tuple[int, int]]:
    """Collect stale vectors, unless embeddings are being made just now; bytes are a share of the shard files'."""
    from assets.vectors.collect import Busy, collect, shelves

    try:
        shelved = (shelves if dry_run else collect)(home)
    except Busy as busy:
        say(str(busy))
        return {}
    size = sum(shelf.bytes * shelf.stale // max(shelf.vectors, 1) for shelf in shelved)
    return {"vectors of no content": (sum(shelf.stale for shelf in shelved), size)}
