"""Recorded input → metrics: how good a model is, by the perception and classification of the nodes."""
