"""How good a classifier is on pictures that stand alone."""
