"""What keeps the disk bounded: finds what nothing refers to any more, and deletes it."""
