"""Which model recommends: the winner on validation if it is sound, or the one that a person has set."""
