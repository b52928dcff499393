"""Tier 3. Owns PyFlink's names of `pyflink.common`; may import `flinkette.contracts` alone.

Re-exports only: every name is made in `flinkette.contracts`, and the modules here stand where
PyFlink has them, so that `from pyflink.common.typeinfo import Types` has its equal.
"""

from __future__ import annotations

from flinkette.contracts.config import Configuration
from flinkette.contracts.config_option import ConfigOption, ConfigOptions
from flinkette.contracts.execution_config import (
    ExecutionConfig,
    ExecutionMode,
    InputDependencyConstraint,
)
from flinkette.contracts.job import (
    CompletableFuture,
    JobClient,
    JobExecutionResult,
    JobID,
    JobStatus,
)
from flinkette.contracts.restart_strategy import RestartStrategies, RestartStrategyConfiguration
from flinkette.contracts.row import Row, RowKind
from flinkette.contracts.schemas import (
    ByteArraySchema,
    DeserializationSchema,
    Encoder,
    SerializationSchema,
    SimpleStringSchema,
)
from flinkette.contracts.serializer import TypeSerializer
from flinkette.contracts.time import Duration, Instant, Time
from flinkette.contracts.typeinfo import TypeInformation, Types
from flinkette.contracts.watermark_strategy import (
    AssignerWithPeriodicWatermarksWrapper,
    WatermarkStrategy,
)

__all__ = [
    "AssignerWithPeriodicWatermarksWrapper",
    "ByteArraySchema",
    "CompletableFuture",
    "ConfigOption",
    "ConfigOptions",
    "Configuration",
    "DeserializationSchema",
    "Duration",
    "Encoder",
    "ExecutionConfig",
    "ExecutionMode",
    "InputDependencyConstraint",
    "Instant",
    "JobClient",
    "JobExecutionResult",
    "JobID",
    "JobStatus",
    "RestartStrategies",
    "RestartStrategyConfiguration",
    "Row",
    "RowKind",
    "SerializationSchema",
    "SimpleStringSchema",
    "Time",
    "TypeInformation",
    "TypeSerializer",
    "Types",
    "WatermarkStrategy",
]
