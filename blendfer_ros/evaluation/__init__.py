"""Recorded input → metrics: how good a model is. Uses the same perception and classification as the nodes."""
