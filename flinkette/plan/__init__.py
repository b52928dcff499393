"""Tier 3. Owns the way from StreamGraph to JobGraph. May import `graph`, `metrics`, `contracts`.

Start at `job_graph`. Invariant: pure functions of the StreamGraph and the configuration.
"""
