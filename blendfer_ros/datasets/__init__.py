"""Labelled data, one file per source: the emotion of each class, splits by role, pictures loaded lazily."""
