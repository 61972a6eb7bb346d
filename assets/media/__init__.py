"""Sound and video of items: what lies on disk or is listed, fetched, and inspected before anything trusts it."""
