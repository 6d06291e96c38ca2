"""How good answers are over time, on clips and on bags."""
