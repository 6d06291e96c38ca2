"""Classifiers, one file per kind, found by the name that a model card gives."""
