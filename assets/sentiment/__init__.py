"""Sentiment of reviews: texts with ratings in, trained models and probabilities out."""
