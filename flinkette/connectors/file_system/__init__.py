"""Tier 1. Owns files as sources and sinks; may import what `connectors` may.

Start reading at `source` and `sink`.

`listing` finds files, `byte_stream` opens them whatever their compression, `record_blocks` cuts
them into blocks of whole records, and `source` hands blocks to a format of `flinkette.formats`. On
the way out `sink` chooses a bucket for each batch and `part_file` keeps a file hidden until it is
committed by a rename.
"""

from __future__ import annotations

__all__: list[str] = []
