"""Parquet files: reader format, writers."""

from __future__ import annotations

from flinkette.formats.parquet import ParquetBulkWriters, ParquetColumnarRowInputFormat

__all__ = ["ParquetBulkWriters", "ParquetColumnarRowInputFormat"]
