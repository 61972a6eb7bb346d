"""Studies: what becomes of a model if one thing about its training is changed."""
