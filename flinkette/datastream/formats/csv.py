"""CSV files: schema, reader format, writers."""

from __future__ import annotations

from flinkette.formats.csv import CsvReaderFormat
from flinkette.formats.csv_schema import CsvSchema, CsvSchemaBuilder
from flinkette.formats.csv_writer import CsvBulkWriters

__all__ = ["CsvBulkWriters", "CsvReaderFormat", "CsvSchema", "CsvSchemaBuilder"]
