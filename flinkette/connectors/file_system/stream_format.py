"""PyFlink's place for the formats of files; they are written in `flinkette.formats`."""

from __future__ import annotations

from flinkette.formats.file_format import BulkFormat, StreamFormat

__all__ = ["BulkFormat", "StreamFormat"]
