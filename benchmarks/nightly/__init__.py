"""Runs of days in minutes: kills at random moments, and three nights through the real daemon."""
