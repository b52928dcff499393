"""Sources that PyFlink lacks: generated rows, sockets, and files by their kind."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.connectors.arrow import ArrowSource
    from flinkette.connectors.csv import CsvSource
    from flinkette.connectors.datagen.fields import (
        RandomBool,
        RandomChoice,
        RandomFloat,
        RandomInt,
        RandomString,
        SequenceField,
    )
    from flinkette.connectors.datagen.source import DataGeneratorSource
    from flinkette.connectors.json_lines import JsonLinesSource
    from flinkette.connectors.parquet import ParquetSource
    from flinkette.connectors.socket import SocketTextSource
    from flinkette.connectors.text import TextSource

__all__ = [
    "ArrowSource",
    "CsvSource",
    "DataGeneratorSource",
    "JsonLinesSource",
    "ParquetSource",
    "RandomBool",
    "RandomChoice",
    "RandomFloat",
    "RandomInt",
    "RandomString",
    "SequenceField",
    "SocketTextSource",
    "TextSource",
]

_HOMES = {
    "ArrowSource": "arrow",
    "CsvSource": "csv",
    "DataGeneratorSource": "datagen.source",
    "JsonLinesSource": "json_lines",
    "ParquetSource": "parquet",
    "RandomBool": "datagen.fields",
    "RandomChoice": "datagen.fields",
    "RandomFloat": "datagen.fields",
    "RandomInt": "datagen.fields",
    "RandomString": "datagen.fields",
    "SequenceField": "datagen.fields",
    "SocketTextSource": "socket",
    "TextSource": "text",
}


def __getattr__(name: str) -> Any:
    """Import a source when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"flinkette.connectors.{_HOMES[name]}"), name)
