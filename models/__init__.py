"""How it is computed: encoders, recommenders, metrics and splits as a plain library (no Dagster, no DuckDB)."""
