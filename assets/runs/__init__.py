"""What a dataset's numbers were after every run, and what made them change from one to another."""
