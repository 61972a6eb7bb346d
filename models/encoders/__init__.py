"""Text and image encoders: anything that turns content into fixed-width vectors."""
