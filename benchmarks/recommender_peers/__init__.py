"""The ways that benchmarks/recommenders.py compares, one library a file; each is imported only where it is gone."""
