"""Files as sources and sinks."""

from __future__ import annotations

from flinkette.connectors.file_system.bucket_assigner import BucketAssigner
from flinkette.connectors.file_system.compaction import FileCompactor, FileCompactStrategy
from flinkette.connectors.file_system.file_source import (
    FileEnumeratorProvider,
    FileSource,
    FileSourceBuilder,
    FileSplitAssignerProvider,
)
from flinkette.connectors.file_system.output_file_config import OutputFileConfig
from flinkette.connectors.file_system.rolling_policy import RollingPolicy
from flinkette.connectors.file_system.sink import FileSink
from flinkette.connectors.file_system.stream_format import BulkFormat, StreamFormat

__all__ = [
    "BucketAssigner",
    "BulkFormat",
    "FileCompactStrategy",
    "FileCompactor",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "OutputFileConfig",
    "RollingPolicy",
    "StreamFormat",
]
