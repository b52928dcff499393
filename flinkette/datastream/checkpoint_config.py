"""CheckpointConfig: when and how checkpoints are taken, as keys of a Configuration."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from flinkette.contracts.config_option import ConfigOption
from flinkette.contracts.errors import ConfigurationError
from flinkette.contracts.option_values import duration_ms
from flinkette.contracts.time import Duration
from flinkette.datastream.checkpointing_mode import CheckpointingMode
from flinkette.datastream.checks import require_instance, require_int
from flinkette.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration

__all__ = ["CheckpointConfig", "ExternalizedCheckpointCleanup", "millis_of"]

ExternalizedCheckpointCleanup = ExternalizedCheckpointRetention
"""The name in PyFlink 1.x."""

_PREFIX = "execution.checkpointing"
_MIN_INTERVAL_MS = 10
_E = TypeVar("_E", bound=Enum)


def millis_of(configuration: Configuration, key: str, default: int) -> int:
    """Return a span of time from a configuration in ms, `default` if the key is not there."""
    return configuration.get(ConfigOption(key, default, duration_ms))


class CheckpointConfig:
    """Checkpoint settings of an environment, from `get_checkpoint_config`.

    Parameters
    ----------
    configuration : Configuration
        What the settings are kept in.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment().enable_checkpointing(500)
    >>> env.get_checkpoint_config().get_checkpoint_interval()
    500
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def is_checkpointing_enabled(self) -> bool:
        """Tell whether checkpoints are taken.

        Returns
        -------
        bool
            False until an interval is set.
        """
        return self.get_checkpoint_interval() > 0

    def get_checkpoint_interval(self) -> int:
        """Return the time between the starts of two checkpoints.

        Returns
        -------
        int
            Milliseconds; -1 if none are taken.
        """
        return millis_of(self._configuration, f"{_PREFIX}.interval", -1)

    def set_checkpoint_interval(self, checkpoint_interval: int) -> CheckpointConfig:
        """Set the time between the starts of two checkpoints.

        Parameters
        ----------
        checkpoint_interval : int
            Milliseconds, at least 10.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_int(
            "set_checkpoint_interval",
            "checkpoint_interval",
            checkpoint_interval,
            least=_MIN_INTERVAL_MS,
        )
        return self._with_millis("interval", checkpoint_interval)

    def get_checkpoint_timeout(self) -> int:
        """Return how long a checkpoint may take before it is given up.

        Returns
        -------
        int
            Milliseconds; 10 minutes by default.
        """
        return millis_of(self._configuration, f"{_PREFIX}.timeout", 600_000)

    def set_checkpoint_timeout(self, checkpoint_timeout: int) -> CheckpointConfig:
        """Set how long a checkpoint may take before it is given up.

        Parameters
        ----------
        checkpoint_timeout : int
            Milliseconds, at least 10.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_int(
            "set_checkpoint_timeout",
            "checkpoint_timeout",
            checkpoint_timeout,
            least=_MIN_INTERVAL_MS,
        )
        return self._with_millis("timeout", checkpoint_timeout)

    def get_min_pause_between_checkpoints(self) -> int:
        """Return the least time between a checkpoint's end and the next start.

        Returns
        -------
        int
            Milliseconds; 0 by default.
        """
        return millis_of(self._configuration, f"{_PREFIX}.min-pause", 0)

    def set_min_pause_between_checkpoints(
        self, min_pause_between_checkpoints: int
    ) -> CheckpointConfig:
        """Set the least time between a checkpoint's end and the next start.

        Parameters
        ----------
        min_pause_between_checkpoints : int
            Milliseconds, at least 0.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_int(
            "set_min_pause_between_checkpoints",
            "min_pause_between_checkpoints",
            min_pause_between_checkpoints,
            least=0,
        )
        return self._with_millis("min-pause", min_pause_between_checkpoints)

    def get_max_concurrent_checkpoints(self) -> int:
        """Return how many checkpoints may be under way at once.

        Returns
        -------
        int
            1 by default.
        """
        return self._configuration.get_integer(f"{_PREFIX}.max-concurrent-checkpoints", 1)

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> CheckpointConfig:
        """Set how many checkpoints may be under way at once.

        Parameters
        ----------
        max_concurrent_checkpoints : int
            At least 1.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_int(
            "set_max_concurrent_checkpoints",
            "max_concurrent_checkpoints",
            max_concurrent_checkpoints,
            least=1,
        )
        return self._with_int("max-concurrent-checkpoints", max_concurrent_checkpoints)

    def get_tolerable_checkpoint_failure_number(self) -> int:
        """Return how many checkpoints in a row may fail before the job does.

        Returns
        -------
        int
            0 by default.
        """
        return self._configuration.get_integer(f"{_PREFIX}.tolerable-failed-checkpoints", 0)

    def set_tolerable_checkpoint_failure_number(
        self, tolerable_checkpoint_failure_number: int
    ) -> CheckpointConfig:
        """Set how many checkpoints in a row may fail before the job does.

        Parameters
        ----------
        tolerable_checkpoint_failure_number : int
            At least 0.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_int(
            "set_tolerable_checkpoint_failure_number",
            "tolerable_checkpoint_failure_number",
            tolerable_checkpoint_failure_number,
            least=0,
        )
        return self._with_int("tolerable-failed-checkpoints", tolerable_checkpoint_failure_number)

    def is_fail_on_checkpointing_errors(self) -> bool:
        """Tell whether the first checkpoint that fails makes the job fail.

        Returns
        -------
        bool
            True by default.
        """
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(
        self, fail_on_checkpointing_errors: bool
    ) -> CheckpointConfig:
        """Choose whether a checkpoint that fails makes the job fail.

        Parameters
        ----------
        fail_on_checkpointing_errors : bool
            False tolerates any number.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        failures = 0 if fail_on_checkpointing_errors else 2**31 - 1
        return self.set_tolerable_checkpoint_failure_number(failures)

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Tell whether checkpoints overtake rows that are waiting.

        Returns
        -------
        bool
            False by default.
        """
        return self._configuration.get_boolean(f"{_PREFIX}.unaligned.enabled", False)

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> CheckpointConfig:
        """Choose whether checkpoints overtake rows that are waiting.

        Parameters
        ----------
        enabled : bool
            True lets them overtake.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        return self._with_flag("unaligned.enabled", enabled)

    def disable_unaligned_checkpoints(self) -> CheckpointConfig:
        """Let checkpoints wait for the rows before them.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        return self.enable_unaligned_checkpoints(False)

    def is_force_unaligned_checkpoints(self) -> bool:
        """Tell whether checkpoints overtake rows even where that is unsafe.

        Returns
        -------
        bool
            False by default.
        """
        return self._configuration.get_boolean(f"{_PREFIX}.unaligned.forced", False)

    def set_force_unaligned_checkpoints(
        self, force_unaligned_checkpoints: bool = True
    ) -> CheckpointConfig:
        """Choose whether checkpoints overtake rows even where that is unsafe.

        Parameters
        ----------
        force_unaligned_checkpoints : bool
            True lets them overtake everywhere.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        return self._with_flag("unaligned.forced", force_unaligned_checkpoints)

    def is_externalized_checkpoints_enabled(self) -> bool:
        """Tell whether checkpoints outlive the job.

        Returns
        -------
        bool
            False unless a retention was set.
        """
        none = ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        return self.get_externalized_checkpoint_retention() is not none

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """Return what checkpoints promise.

        Returns
        -------
        CheckpointingMode
            EXACTLY_ONCE by default; AT_LEAST_ONCE while no checkpoints are taken.
        """
        if not self.is_checkpointing_enabled():
            return CheckpointingMode.AT_LEAST_ONCE
        name = self._configuration.get_string(f"{_PREFIX}.mode", "EXACTLY_ONCE")
        return _member(CheckpointingMode, f"{_PREFIX}.mode", name)

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> CheckpointConfig:
        """Set what checkpoints promise.

        Parameters
        ----------
        checkpointing_mode : CheckpointingMode
            EXACTLY_ONCE or AT_LEAST_ONCE.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_instance("set_checkpointing_mode", checkpointing_mode, CheckpointingMode)
        self._configuration.set_string(f"{_PREFIX}.mode", checkpointing_mode.name)
        return self

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention:
        """Return what happens to checkpoints when the job is cancelled.

        Returns
        -------
        ExternalizedCheckpointRetention
            NO_EXTERNALIZED_CHECKPOINTS by default.
        """
        key = f"{_PREFIX}.externalized-checkpoint-retention"
        name = self._configuration.get_string(key, "NO_EXTERNALIZED_CHECKPOINTS")
        return _member(ExternalizedCheckpointRetention, key, name)

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        """Set what happens to checkpoints when the job is cancelled.

        Parameters
        ----------
        retention_mode : ExternalizedCheckpointRetention
            Keep or delete them.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        method = "set_externalized_checkpoint_retention"
        require_instance(method, retention_mode, ExternalizedCheckpointRetention)
        key = f"{_PREFIX}.externalized-checkpoint-retention"
        self._configuration.set_string(key, retention_mode.name)
        return self

    # names of PyFlink 1.x
    enable_externalized_checkpoints = set_externalized_checkpoint_retention
    set_externalized_checkpoint_cleanup = set_externalized_checkpoint_retention
    get_externalized_checkpoint_cleanup = get_externalized_checkpoint_retention

    def set_checkpoint_storage_dir(self, checkpoint_path: str) -> CheckpointConfig:
        """Set where checkpoints are kept (PyFlink 1.x).

        Parameters
        ----------
        checkpoint_path : str
            A folder or its URI.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        require_instance("set_checkpoint_storage_dir", checkpoint_path, str)
        self._configuration.set_string(f"{_PREFIX}.dir", checkpoint_path)
        return self

    def get_aligned_checkpoint_timeout(self) -> Duration:
        """Return how long a checkpoint waits for the slowest input before it overtakes rows.

        Returns
        -------
        Duration
            0 by default.
        """
        return Duration.of_millis(
            millis_of(self._configuration, f"{_PREFIX}.aligned-checkpoint-timeout", 0)
        )

    def set_aligned_checkpoint_timeout(self, alignment_timeout: Duration) -> CheckpointConfig:
        """Set how long a checkpoint waits for the slowest input before it overtakes rows.

        Parameters
        ----------
        alignment_timeout : Duration
            0 overtakes at once, where unaligned checkpoints are enabled.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        from flinkette.contracts.time import milliseconds_of

        timeout_ms = milliseconds_of(alignment_timeout, "aligned checkpoint timeout")
        return self._with_millis("aligned-checkpoint-timeout", timeout_ms)

    def get_alignment_timeout(self) -> Duration:
        """Return the same as `get_aligned_checkpoint_timeout`.

        Returns
        -------
        Duration
            0 by default.
        """
        return self.get_aligned_checkpoint_timeout()

    def set_alignment_timeout(self, alignment_timeout: Duration) -> CheckpointConfig:
        """Do the same as `set_aligned_checkpoint_timeout`.

        Parameters
        ----------
        alignment_timeout : Duration
            0 overtakes at once, where unaligned checkpoints are enabled.

        Returns
        -------
        CheckpointConfig
            The same object.
        """
        return self.set_aligned_checkpoint_timeout(alignment_timeout)

    def _with_millis(self, name: str, value_ms: int) -> CheckpointConfig:
        self._configuration.set_string(f"{_PREFIX}.{name}", f"{value_ms} ms")
        return self

    def _with_int(self, name: str, value: int) -> CheckpointConfig:
        self._configuration.set_integer(f"{_PREFIX}.{name}", value)
        return self

    def _with_flag(self, name: str, value: bool) -> CheckpointConfig:
        require_instance(name, value, bool)
        self._configuration.set_boolean(f"{_PREFIX}.{name}", value)
        return self


def _member(kind: type[_E], key: str, name: str) -> _E:
    """Return a member of an enum by its name in any case, with - or _."""
    try:
        return kind[name.upper().replace("-", "_")]
    except KeyError:
        raise ConfigurationError(
            f"{key} is {name!r}; it must be one of {', '.join(member.name for member in kind)}"
        ) from None
