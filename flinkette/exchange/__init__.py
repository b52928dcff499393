"""Tier 1. Owns channels between subtasks: elements, channels, gates, writers.

May import `plan`, `graph`, `metrics`, `contracts`, `_native`. Start at `channel`.
Invariant: a channel hands out exactly the elements it was given, in order; nothing is dropped and
nothing grows without bound.
"""
