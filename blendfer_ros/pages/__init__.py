"""Everything that draws: HTML pages, plots, timelines, tables, and annotations in images."""
