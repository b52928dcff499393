"""Tier 1. Owns rows made up on the spot; may import what `connectors` may.

`source` is the source, `fields` what a field can hold. Invariant: the same seed gives the same
rows at any parallelism and batch size.
"""

from __future__ import annotations

__all__: list[str] = []
