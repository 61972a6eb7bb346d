"""Who may know a picture: one provider per file, all of the same shape (see `provider.py`)."""
