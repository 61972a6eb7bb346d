"""The embedding engine: every content is encoded once per encoder, whatever dataset it stands in."""
