"""From raw files to typed staging rows, rejects and an audit that adds up; one module per source."""
