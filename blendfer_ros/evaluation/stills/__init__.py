"""How good a classifier is on single pictures."""
