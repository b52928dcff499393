"""Tier 1. Owns bytes to batch and back: lines, CSV, JSON lines, Parquet.

May import `contracts` and `_native`; `connectors` imports it.

A reading format turns blocks of whole records into batches (`file_format.BlockDecoder`); a writing
format appends batches to a stream (`file_format.PartWriter`). Which file, which bytes of it and
what happens to the finished file is the business of `connectors`. Start reading at `file_format`,
then `lines`. Invariant: a format never keeps more than one block or row group in memory.
"""

from __future__ import annotations

__all__: list[str] = []
