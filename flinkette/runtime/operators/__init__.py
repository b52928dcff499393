"""Tier 1. Owns one file per kind of operator; may import what `runtime` may.

Start at `rows`, then `keyed` and `window`. Invariant: a shell translates a description of
`graph.operators` once, in `open`; work per row is the kernel's.
"""
