"""Recommenders that see ratings only."""
