"""Recommenders that fuse text, image and behaviour."""
