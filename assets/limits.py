"""Pools, which Dagster takes at the asset itself.

There is no retry policy: a busy warehouse is waited for inside the step, and other failures do not mend themselves.
"""

DUCKDB_WRITE = "duckdb_write"
"""One step works in DuckDB at a time, as each may take its share of the memory; the name is older than that."""

WEB = "web"
"""One step asks the web at a time, so that a host's limit is kept across datasets."""

GPU = "gpu"
"""One step may compute on the device at a time."""
