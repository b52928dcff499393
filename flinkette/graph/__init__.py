"""Tier 3. Owns the StreamGraph: transformations as plain data. May import `metrics`, `contracts`.

Start at `transformations`. Invariant: nothing here runs, opens or calls anything of the user's.
"""
