"""The settings of an environment: every one is a key of its Configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.config import Configuration
from flinkette.datastream.checkpoint_config import CheckpointConfig
from flinkette.datastream.checkpointing_mode import CheckpointingMode
from flinkette.datastream.checks import (
    require_instance,
    require_int,
    require_parallelism,
)
from flinkette.datastream.dependency_methods import DependencyMethods
from flinkette.datastream.execution_mode import RuntimeExecutionMode
from flinkette.datastream.methods_of_1x import EnvironmentMethodsOf1x

if TYPE_CHECKING:
    from flinkette.contracts.execution_config import ExecutionConfig
    from flinkette.datastream.slot_sharing_group import SlotSharingGroup

__all__ = ["ConfiguredEnvironment"]

Self = TypeVar("Self", bound="ConfiguredEnvironment")

_local_parallelism: list[int] = []
"""Set by `set_default_local_parallelism` for all environments of the process."""


class ConfiguredEnvironment(DependencyMethods, EnvironmentMethodsOf1x):
    """Getters and setters over one Configuration.

    Parameters
    ----------
    configuration : Configuration
        Kept, not copied.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._slot_sharing_groups: dict[str, SlotSharingGroup] = {}

    def get_config(self) -> ExecutionConfig:
        """Return the execution settings.

        Returns
        -------
        ExecutionConfig
            A view: changes apply to this environment.
        """
        from flinkette.contracts.execution_config import ExecutionConfig

        return ExecutionConfig(self._configuration)

    def configure(self, configuration: Configuration) -> None:
        """Set every key that `configuration` has.

        Parameters
        ----------
        configuration : Configuration
            Its keys replace those of this environment.

        Raises
        ------
        InvalidTypeError
            If it is not a Configuration.
        """
        require_instance("configure", configuration, Configuration)
        self._configuration.add_all(configuration)

    # Parallelism and mode -------------------------------------------------------------------

    def set_parallelism(self: Self, parallelism: int) -> Self:
        """Set the number of parallel instances of operators that do not set their own.

        Parameters
        ----------
        parallelism : int
            1 to 32768; -1 for the number of cores.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.

        Raises
        ------
        InvalidPipelineError
            If it is out of range.
        """
        require_parallelism("set_parallelism", parallelism)
        if parallelism == -1:
            self._configuration.remove_config("parallelism.default")
        else:
            self._configuration.set_integer("parallelism.default", parallelism)
        return self

    def get_parallelism(self) -> int:
        """Return the parallelism of operators that do not set their own.

        Returns
        -------
        int
            As set, or the number of cores this process may use.
        """
        default = self.get_default_local_parallelism()
        return self._configuration.get_integer("parallelism.default", default)

    def set_max_parallelism(self: Self, max_parallelism: int) -> Self:
        """Set the number of key groups: the upper limit of every parallelism.

        Parameters
        ----------
        max_parallelism : int
            1 to 32768.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.

        Raises
        ------
        InvalidPipelineError
            If it is out of range.
        """
        require_int("set_max_parallelism", "max_parallelism", max_parallelism, least=1)
        require_parallelism("set_max_parallelism", max_parallelism, what="max_parallelism")
        self._configuration.set_integer("pipeline.max-parallelism", max_parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """Return the number of key groups.

        Returns
        -------
        int
            As set; -1 if each operator's is derived from its parallelism.
        """
        return self._configuration.get_integer("pipeline.max-parallelism", -1)

    def get_default_local_parallelism(self) -> int:
        """Return the parallelism of programs that set none.

        Returns
        -------
        int
            As set for the process, or the number of cores it may use.
        """
        if _local_parallelism:
            return _local_parallelism[-1]
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def set_default_local_parallelism(self, parallelism: int) -> None:
        """Set the parallelism of programs that set none, for all environments of this process.

        Parameters
        ----------
        parallelism : int
            1 to 32768.

        Raises
        ------
        InvalidPipelineError
            If it is out of range.
        """
        require_parallelism("set_default_local_parallelism", parallelism)
        _local_parallelism[:] = [parallelism]

    def set_runtime_mode(self: Self, execution_mode: RuntimeExecutionMode) -> Self:
        """Choose between streaming and batch.

        Parameters
        ----------
        execution_mode : RuntimeExecutionMode
            STREAMING (default), BATCH or AUTOMATIC.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.

        Raises
        ------
        InvalidTypeError
            If it is not a RuntimeExecutionMode.
        """
        require_instance("set_runtime_mode", execution_mode, RuntimeExecutionMode)
        self._configuration.set_string("execution.runtime-mode", execution_mode.name)
        return self

    # Buffers and chains ---------------------------------------------------------------------

    def set_buffer_timeout(self: Self, timeout_millis: int) -> Self:
        """Set how long rows may wait for more before they are sent on.

        Parameters
        ----------
        timeout_millis : int
            Milliseconds; 0 sends every row at once, -1 waits for full buffers.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.

        Raises
        ------
        InvalidPipelineError
            If it is below -1.
        """
        require_int("set_buffer_timeout", "timeout_millis", timeout_millis, least=-1)
        is_timed = timeout_millis >= 0
        self._set_flag("execution.buffer-timeout.enabled", is_timed)
        if is_timed:
            self._set_millis("execution.buffer-timeout.interval", timeout_millis)
        return self

    def get_buffer_timeout(self) -> int:
        """Return how long rows may wait for more before they are sent on.

        Returns
        -------
        int
            Milliseconds; -1 if they wait for full buffers.
        """
        if not self._configuration.get_boolean("execution.buffer-timeout.enabled", True):
            return -1
        return self._millis("execution.buffer-timeout.interval", 100)

    def disable_operator_chaining(self: Self) -> Self:
        """Run every operator by itself, for finding out which one is slow.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.
        """
        self._set_flag("pipeline.operator-chaining.enabled", False)
        return self

    def is_chaining_enabled(self) -> bool:
        """Tell whether operators that need no exchange run as one chain.

        Returns
        -------
        bool
            True unless `disable_operator_chaining` was called.
        """
        return self._configuration.get_boolean("pipeline.operator-chaining.enabled", True)

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        """Tell whether operators with different max parallelism may run as one chain.

        Returns
        -------
        bool
            True unless configured otherwise.
        """
        key = "pipeline.operator-chaining.chain-operators-with-different-max-parallelism"
        return self._configuration.get_boolean(key, True)

    def register_slot_sharing_group(self: Self, slot_sharing_group: SlotSharingGroup) -> Self:
        """Make a slot sharing group and its resources known by name.

        Parameters
        ----------
        slot_sharing_group : SlotSharingGroup
            Made by ``SlotSharingGroup.builder(name)``.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.
        """
        self._slot_sharing_groups[slot_sharing_group.get_name()] = slot_sharing_group
        return self

    # Checkpoints and state ------------------------------------------------------------------

    def get_checkpoint_config(self) -> CheckpointConfig:
        """Return the checkpoint settings.

        Returns
        -------
        CheckpointConfig
            A view: changes apply to this environment.
        """
        return CheckpointConfig(self._configuration)

    def enable_checkpointing(
        self: Self, interval: int, mode: CheckpointingMode | None = None
    ) -> Self:
        """Take checkpoints.

        Parameters
        ----------
        interval : int
            Milliseconds between two starts, at least 10.
        mode : CheckpointingMode, optional
            EXACTLY_ONCE if not given.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.

        Raises
        ------
        InvalidPipelineError
            If the interval is too short.
        """
        config = self.get_checkpoint_config().set_checkpoint_interval(interval)
        if mode is not None:
            config.set_checkpointing_mode(mode)
        return self

    def get_checkpoint_interval(self) -> int:
        """Return the time between two checkpoints.

        Returns
        -------
        int
            Milliseconds; -1 if none are taken.
        """
        return self.get_checkpoint_config().get_checkpoint_interval()

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """Return what checkpoints promise.

        Returns
        -------
        CheckpointingMode
            AT_LEAST_ONCE while no checkpoints are taken.
        """
        return self.get_checkpoint_config().get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> CheckpointingMode:
        """Return what checkpoints promise; the same as `get_checkpointing_mode`.

        Returns
        -------
        CheckpointingMode
            AT_LEAST_ONCE while no checkpoints are taken.
        """
        return self.get_checkpointing_mode()

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Tell whether checkpoints overtake rows.

        Returns
        -------
        bool
            False unless configured.
        """
        return self.get_checkpoint_config().is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        """Tell whether checkpoints overtake rows even where that is unsafe.

        Returns
        -------
        bool
            False unless configured.
        """
        return self.get_checkpoint_config().is_force_unaligned_checkpoints()

    def enable_changelog_state_backend(self: Self, enabled: bool) -> Self:
        """Choose whether state changes are also written as they come.

        Parameters
        ----------
        enabled : bool
            True to write them.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.
        """
        self._set_flag("state.changelog.enabled", enabled)
        return self

    def is_changelog_state_backend_enabled(self) -> bool | None:
        """Tell whether state changes are also written as they come.

        Returns
        -------
        bool or None
            None if it was never said.
        """
        if not self._configuration.contains_key("state.changelog.enabled"):
            return None
        return self._configuration.get_boolean("state.changelog.enabled", False)

    def set_default_savepoint_directory(self: Self, directory: str) -> Self:
        """Set where savepoints go that name no directory.

        Parameters
        ----------
        directory : str
            Path or URI.

        Returns
        -------
        StreamExecutionEnvironment
            The same object.
        """
        require_instance("set_default_savepoint_directory", directory, str)
        self._configuration.set_string("execution.checkpointing.savepoint-dir", directory)
        return self

    def get_default_savepoint_directory(self) -> str | None:
        """Return where savepoints go that name no directory.

        Returns
        -------
        str or None
            None if it was never said.
        """
        key = "execution.checkpointing.savepoint-dir"
        if not self._configuration.contains_key(key):
            return None
        return self._configuration.get_string(key, "")

    @staticmethod
    def _has_local_default() -> bool:
        """Tell whether `set_default_local_parallelism` was called in this process."""
        return bool(_local_parallelism)

    def _set_flag(self, key: str, value: Any) -> None:
        self._configuration.set_boolean(key, bool(value))

    def _set_millis(self, key: str, value: int) -> None:
        self._configuration.set_string(key, f"{value} ms")

    def _millis(self, key: str, default: int) -> int:
        from flinkette.datastream.checkpoint_config import millis_of

        return millis_of(self._configuration, key, default)
