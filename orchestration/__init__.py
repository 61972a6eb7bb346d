"""When things run, with what, and where."""
