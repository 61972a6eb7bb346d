"""Sentiment of texts: one contract, from the majority class to fine-tuned BERT, and their ensemble."""
