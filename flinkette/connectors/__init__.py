"""Tier 1. Owns the sources and sinks; may import `formats`, `contracts`, `_native`.

One module or folder per connector, found by dotted path and imported on use: importing this package
loads none of them. A source is a description, an enumerator that hands out splits, and readers
(`contracts.source`); a sink is a description and writers (`contracts.sink`). Start reading at
`number_sequence` for a source and `blackhole` for a sink; `file_system` is the largest.
Invariant: a reader or writer does O(1) Python work per batch; per-row work is done by native code,
by the csv module, msgspec or pyarrow.
"""

from __future__ import annotations

__all__: list[str] = []
