"""Labelled data, one file per source: which class means which emotion, splits by role, pictures loaded lazily."""
