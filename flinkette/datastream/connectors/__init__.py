"""Tier 3. Owns PyFlink's names of connectors; may import `connectors`, `contracts`, `formats`.

Re-exports only; the classes live in `flinkette.connectors`. Start at `file_system`.

Besides `base`, `file_system` and `number_seq` PyFlink's old flat names are here too. Sources and
sinks that PyFlink lacks are in `flinkette.ext.sources` and `flinkette.ext.sinks`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from flinkette.datastream.connectors.base import DeliveryGuarantee, Sink, Source

if TYPE_CHECKING:
    from flinkette.datastream.connectors.file_system import (
        BucketAssigner,
        FileEnumeratorProvider,
        FileSink,
        FileSource,
        FileSplitAssignerProvider,
        OutputFileConfig,
        RollingPolicy,
        StreamFormat,
    )
    from flinkette.datastream.connectors.number_seq import NumberSequenceSource

__all__ = [
    "BucketAssigner",
    "DeliveryGuarantee",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSplitAssignerProvider",
    "NumberSequenceSource",
    "OutputFileConfig",
    "RollingPolicy",
    "Sink",
    "Source",
    "StreamFormat",
]

_HOMES = {
    "BucketAssigner": "file_system",
    "FileEnumeratorProvider": "file_system",
    "FileSink": "file_system",
    "FileSource": "file_system",
    "FileSplitAssignerProvider": "file_system",
    "NumberSequenceSource": "number_seq",
    "OutputFileConfig": "file_system",
    "RollingPolicy": "file_system",
    "StreamFormat": "file_system",
}


def __getattr__(name: str) -> Any:
    """Import a connector when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
