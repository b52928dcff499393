"""Tier 1. Owns one file per kind of operator; each is a thin shell over its native kernel."""
