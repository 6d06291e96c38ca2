"""Labelled pictures → faces → a trained, quantised network with its card. Offline only: no node imports it."""
