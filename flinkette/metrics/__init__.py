"""Tier 2. Owns metrics: user counters, gauges, meters, distributions. May import `contracts`.

Start at `group`. Invariant: updating a metric never blocks and never allocates more than a number.
"""
