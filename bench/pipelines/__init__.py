"""Whole programs against the plain Python that makes the same calls."""
