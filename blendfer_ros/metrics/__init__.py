"""Every definition of a number that says how good answers are, once."""
