"""`ExecutionConfig`: the settings of a program that PyFlink gives methods."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flinkette.contracts import options
from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.config import ConfigOption, Configuration
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.option_values import duration_ms
from flinkette.contracts.restart_strategy import RestartStrategies, RestartStrategyConfiguration

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ExecutionConfig", "ExecutionMode", "InputDependencyConstraint"]

_LARGEST_PARALLELISM = 32768


class ExecutionMode(Enum):
    """How PyFlink 1.x ran batch programs; accepted and without effect."""

    PIPELINED = 0
    PIPELINED_FORCED = 1
    BATCH = 2
    BATCH_FORCED = 3


class InputDependencyConstraint(Enum):
    """When PyFlink 1.x started a task; accepted and without effect."""

    ANY = 0
    """When one of its inputs is there."""
    ALL = 1
    """When all of its inputs are there."""


class ExecutionConfig:
    """A view of a `Configuration`: what is set here is set there.

    Settings of Flink's JVM (Kryo, Avro, closures) are kept and read back, and have no effect.

    Parameters
    ----------
    configuration : Configuration, optional
        Where the settings are kept; a new one if omitted.

    Examples
    --------
    >>> ExecutionConfig().set_auto_watermark_interval(50).get_auto_watermark_interval()
    50
    """

    PARALLELISM_DEFAULT = -1
    """Stands for: as the environment says."""
    PARALLELISM_UNKNOWN = -2
    """Stands for: leave it as it is."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        if configuration is None:
            configuration = Configuration()
        if not isinstance(configuration, Configuration):
            raise InvalidTypeError(
                f"ExecutionConfig is a view of a Configuration, got {configuration!r}"
            )
        self._configuration = configuration

    def get_parallelism(self) -> int:
        """Return the default parallelism, -1 if it is left to the environment."""
        parallelism = self._configuration.get(options.PARALLELISM)
        return self.PARALLELISM_DEFAULT if parallelism is None else parallelism

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        """Set the default parallelism: 1 to 32768, or -1 to leave it to the environment.

        Raises
        ------
        InvalidPipelineError
            If it is out of range.
        """
        if parallelism == self.PARALLELISM_UNKNOWN:
            return self
        if parallelism == self.PARALLELISM_DEFAULT:
            self._configuration.remove_config(options.PARALLELISM.key)
            return self
        _check_parallelism(parallelism, "parallelism", " or -1 for the environment's")
        self._configuration.set_integer(options.PARALLELISM.key, parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """Return the largest parallelism of later rescaling, -1 if it is derived."""
        return self._configuration.get(options.MAX_PARALLELISM)

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        """Set the number of key groups, the largest parallelism of later rescaling.

        Raises
        ------
        InvalidPipelineError
            If it is not from 1 to 32768.
        """
        _check_parallelism(max_parallelism, "max_parallelism", "")
        self._configuration.set_integer(options.MAX_PARALLELISM.key, max_parallelism)
        return self

    def get_auto_watermark_interval(self) -> int:
        """Return how often watermarks are emitted, in ms."""
        return self._configuration.get(options.AUTO_WATERMARK_INTERVAL)

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Set how often watermarks are emitted, in ms; 0: never before the end.

        Raises
        ------
        InvalidPipelineError
            If it is negative.
        """
        return self._set_ms(options.AUTO_WATERMARK_INTERVAL.key, interval)

    def get_latency_tracking_interval(self) -> int:
        """Return how often latency is measured, in ms; 0: never."""
        return self._ms("metrics.latency.interval", 0)

    def set_latency_tracking_interval(self, interval: int) -> ExecutionConfig:
        """Set how often latency is measured, in ms; 0: never."""
        return self._set_ms("metrics.latency.interval", interval)

    def get_task_cancellation_interval(self) -> int:
        """Return the ms between two attempts to stop a task that was cancelled."""
        return self._ms("task.cancellation.interval", 30_000)

    def set_task_cancellation_interval(self, interval: int) -> ExecutionConfig:
        """Set the ms between two attempts to stop a task that was cancelled."""
        return self._set_ms("task.cancellation.interval", interval)

    def get_task_cancellation_timeout(self) -> int:
        """Return the ms after which a cancelled task that does not stop is fatal."""
        return self._ms("task.cancellation.timeout", 180_000)

    def set_task_cancellation_timeout(self, timeout: int) -> ExecutionConfig:
        """Set the ms after which a cancelled task that does not stop is fatal; 0: never."""
        return self._set_ms("task.cancellation.timeout", timeout)

    def enable_object_reuse(self) -> ExecutionConfig:
        """Hand values between functions without copying; functions must not change their input."""
        return self._switch(options.OBJECT_REUSE.key, True)

    def disable_object_reuse(self) -> ExecutionConfig:
        """Give each function values of its own; the default."""
        return self._switch(options.OBJECT_REUSE.key, False)

    def is_object_reuse_enabled(self) -> bool:
        """Tell whether values are handed on without copying."""
        return self._configuration.get(options.OBJECT_REUSE)

    def enable_auto_generated_uids(self) -> ExecutionConfig:
        """Give operators without uid one; the default."""
        return self._switch(options.AUTO_GENERATE_UIDS.key, True)

    def disable_auto_generated_uids(self) -> ExecutionConfig:
        """Refuse to run a job with an operator that has no uid."""
        return self._switch(options.AUTO_GENERATE_UIDS.key, False)

    def has_auto_generated_uids_enabled(self) -> bool:
        """Tell whether operators without uid get one."""
        return self._configuration.get(options.AUTO_GENERATE_UIDS)

    def get_global_job_parameters(self) -> dict[str, str]:
        """Return what every function can read with `get_job_parameter`."""
        parameters = self._configuration.get(options.GLOBAL_JOB_PARAMETERS)
        return {} if parameters is None else dict(parameters)

    def set_global_job_parameters(
        self, global_job_parameters_dict: Mapping[str, Any]
    ) -> ExecutionConfig:
        """Set what every function can read with `get_job_parameter`; values become text."""
        parameters = {str(key): str(value) for key, value in global_job_parameters_dict.items()}
        self._configuration.set(options.GLOBAL_JOB_PARAMETERS, parameters)
        return self

    def is_use_snapshot_compression(self) -> bool:
        """Tell whether checkpoints are compressed."""
        return self._configuration.get_boolean(_SNAPSHOT_COMPRESSION, False)

    def set_use_snapshot_compression(self, use_snapshot_compression: bool) -> ExecutionConfig:
        """Choose whether checkpoints are compressed."""
        return self._switch(_SNAPSHOT_COMPRESSION, use_snapshot_compression)

    def set_execution_mode(self, execution_mode: ExecutionMode) -> ExecutionConfig:
        """Do nothing: a hint of PyFlink 1.x for batch programs, which are BATCH mode today."""
        if not isinstance(execution_mode, ExecutionMode):
            raise InvalidTypeError(
                f"set_execution_mode takes an ExecutionMode, got {execution_mode!r}; BATCH and "
                "STREAMING are what env.set_runtime_mode(RuntimeExecutionMode.…) takes"
            )
        return self._set_text("pipeline.execution-mode", execution_mode.name)

    def get_execution_mode(self) -> ExecutionMode:
        """Return what was set (PyFlink 1.x)."""
        name = self._configuration.get_string("pipeline.execution-mode", "PIPELINED")
        return ExecutionMode.__members__.get(name, ExecutionMode.PIPELINED)

    def set_restart_strategy(
        self, restart_strategy_configuration: RestartStrategyConfiguration
    ) -> ExecutionConfig:
        """Choose what happens after a failure (PyFlink 1.x)."""
        for key, value in restart_strategy_configuration.to_dict().items():
            self._configuration.set_string(key, value)
        return self

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """Return what happens after a failure (PyFlink 1.x)."""
        kind = self._configuration.get(options.RESTART_STRATEGY)
        if kind in ("none", "off", "disable"):
            return RestartStrategies.no_restart()
        if kind == "fixed-delay":
            prefix = "restart-strategy.fixed-delay."
            return RestartStrategies.fixed_delay_restart(
                self._configuration.get_integer(f"{prefix}attempts", 1),
                self._ms(f"{prefix}delay", 1_000),
            )
        if kind == "failure-rate":
            prefix = "restart-strategy.failure-rate."
            return RestartStrategies.failure_rate_restart(
                self._configuration.get_integer(f"{prefix}max-failures-per-interval", 1),
                self._ms(f"{prefix}failure-rate-interval", 60_000),
                self._ms(f"{prefix}delay", 1_000),
            )
        return RestartStrategies.fall_back_restart()

    def enable_closure_cleaner(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._set_text("pipeline.closure-cleaner-level", "RECURSIVE")

    def disable_closure_cleaner(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._set_text("pipeline.closure-cleaner-level", "NONE")

    def is_closure_cleaner_enabled(self) -> bool:
        """Return what was set."""
        return self._configuration.get_string("pipeline.closure-cleaner-level", "") != "NONE"

    def enable_force_kryo(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._switch("pipeline.force-kryo", True)

    def disable_force_kryo(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._switch("pipeline.force-kryo", False)

    def is_force_kryo_enabled(self) -> bool:
        """Return what was set."""
        return self._configuration.get_boolean("pipeline.force-kryo", False)

    def enable_generic_types(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._switch("pipeline.generic-types", True)

    def disable_generic_types(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._switch("pipeline.generic-types", False)

    def has_generic_types_disabled(self) -> bool:
        """Return what was set."""
        return not self._configuration.get_boolean("pipeline.generic-types", True)

    def enable_force_avro(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._switch("pipeline.force-avro", True)

    def disable_force_avro(self) -> ExecutionConfig:
        """Do nothing: a setting of Flink's JVM."""
        return self._switch("pipeline.force-avro", False)

    def is_force_avro_enabled(self) -> bool:
        """Return what was set."""
        return self._configuration.get_boolean("pipeline.force-avro", False)

    def get_default_kryo_serializer_classes(self) -> dict[str, str]:
        """Return nothing: there is no JVM."""
        return {}

    def get_registered_kryo_types(self) -> list[str]:
        """Return nothing: there is no JVM."""
        return []

    def get_registered_pojo_types(self) -> list[str]:
        """Return nothing: there is no JVM."""
        return []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecutionConfig) and self._configuration == other._configuration

    def __hash__(self) -> int:
        return hash(self._configuration)

    def _switch(self, key: str, value: bool) -> ExecutionConfig:
        self._configuration.set_boolean(key, value)
        return self

    def _set_text(self, key: str, value: str) -> ExecutionConfig:
        self._configuration.set_string(key, value)
        return self

    def _ms(self, key: str, default_ms: int) -> int:
        return self._configuration.get(ConfigOption(key, default_ms, duration_ms))

    def _set_ms(self, key: str, value_ms: int) -> ExecutionConfig:
        if not is_whole_number(value_ms):
            raise InvalidTypeError(f"{key} takes a number of ms, got {value_ms!r}")
        if value_ms < 0:
            raise InvalidPipelineError(f"{key} must not be negative, got {value_ms} ms")
        return self._set_text(key, f"{value_ms} ms")


_SNAPSHOT_COMPRESSION = "execution.checkpointing.snapshot-compression"


def _check_parallelism(value: Any, what: str, besides: str) -> None:
    if not is_whole_number(value):
        raise InvalidTypeError(f"{what} must be an int, got {value!r}")
    if not 1 <= value <= _LARGEST_PARALLELISM:
        raise InvalidPipelineError(
            f"{what} must be from 1 to {_LARGEST_PARALLELISM}{besides}, got {value}"
        )
