"""Sinks that PyFlink lacks: one-file sinks and the blackhole."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.connectors.blackhole import BlackholeSink
    from flinkette.connectors.csv import CsvSink
    from flinkette.connectors.file_system.path_sink import TextSink
    from flinkette.connectors.json_lines import JsonLinesSink
    from flinkette.connectors.parquet import ParquetSink

__all__ = ["BlackholeSink", "CsvSink", "JsonLinesSink", "ParquetSink", "TextSink"]

_HOMES = {
    "BlackholeSink": "blackhole",
    "CsvSink": "csv",
    "JsonLinesSink": "json_lines",
    "ParquetSink": "parquet",
    "TextSink": "file_system.path_sink",
}


def __getattr__(name: str) -> Any:
    """Import a sink when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"flinkette.connectors.{_HOMES[name]}"), name)
