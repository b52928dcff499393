"""`StateTtlConfig`: when the values of a state expire."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.time import Duration, Time, milliseconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StateTtlConfig"]

_MOST_KEYS = 2**31 - 1


def _checked_size(cleanup_size: Any) -> int:
    if not is_whole_number(cleanup_size) or not 0 <= cleanup_size <= _MOST_KEYS:
        raise InvalidPipelineError(
            "the size of an incremental clean-up, the keys looked at for each access, must be a "
            f"whole number from 0 to {_MOST_KEYS}, got {cleanup_size!r}; Flink's default is 5"
        )
    return cleanup_size


def _checked(value: object, kind: type[Enum], what: str) -> None:
    """Refuse a setting that is not a member of its enum."""
    if not isinstance(value, kind):
        members = ", ".join(f"{kind.__qualname__}.{member.name}" for member in kind)
        raise InvalidTypeError(f"{what} of a time to live must be one of {members}, got {value!r}")


class StateTtlConfig:
    """When the values of a state expire; made by `new_builder` and given to a descriptor.

    Time is processing time; Flink has no time to live in event time. An element of list state and
    an entry of map state expire by themselves.

    Examples
    --------
    >>> config = StateTtlConfig.new_builder(Time.hours(1)).update_ttl_on_read_and_write().build()
    >>> config.ttl_ms
    3600000

    Attributes
    ----------
    ttl_ms : int
        How long a value lives, in ms.
    """

    class UpdateType(Enum):
        """What starts a value's time to live anew."""

        Disabled = 0
        """Values never expire."""
        OnCreateAndWrite = 1
        """Making or writing the value."""
        OnReadAndWrite = 2
        """Reading it too."""

    class StateVisibility(Enum):
        """Whether a value that expired and is still stored can be read."""

        ReturnExpiredIfNotCleanedUp = 0
        """It can."""
        NeverReturnExpired = 1
        """It cannot."""

    class TtlTimeCharacteristic(Enum):
        """The clock that decides."""

        ProcessingTime = 0
        """Wall clock."""

    class CleanupStrategies:
        """How expired values that nobody reads are freed.

        In the background every access to the state lets a few more keys be looked at, as an
        incremental clean-up asks for, five by default. The settings for full snapshots and for
        RocksDB have no meaning here; they are kept so that programs run unchanged.

        Parameters
        ----------
        strategies : mapping
            The strategies asked for.
        is_cleanup_in_background : bool
            Whether expired values are also dropped when nobody reads them.
        """

        class Strategies(Enum):
            """The kinds of clean-up."""

            FULL_STATE_SCAN_SNAPSHOT = 0
            INCREMENTAL_CLEANUP = 1
            ROCKSDB_COMPACTION_FILTER = 2

        class CleanupStrategy:
            """Settings of one kind of clean-up."""

        class EmptyCleanupStrategy(CleanupStrategy):
            """A kind of clean-up without settings."""

        class IncrementalCleanupStrategy(CleanupStrategy):
            """Look at a few keys for each access.

            Parameters
            ----------
            cleanup_size : int
                How many keys are looked at; 0 or more.
            run_cleanup_for_every_record : bool
                Whether to do so for every row, not only for rows that use the state.
            """

            def __init__(self, cleanup_size: int, run_cleanup_for_every_record: bool) -> None:
                self._cleanup_size = _checked_size(cleanup_size)
                self._run_cleanup_for_every_record = run_cleanup_for_every_record

            def get_cleanup_size(self) -> int:
                """Return how many keys are looked at."""
                return self._cleanup_size

            def run_cleanup_for_every_record(self) -> bool:
                """Tell whether every row triggers it."""
                return self._run_cleanup_for_every_record

        class RocksdbCompactFilterCleanupStrategy(CleanupStrategy):
            """Drop values while RocksDB compacts its files.

            Parameters
            ----------
            query_time_after_num_entries : int
                Values between two looks at the clock.
            periodic_compaction_time : Duration, optional
                How old a file may get before it is compacted; 30 days if omitted.
            """

            def __init__(
                self,
                query_time_after_num_entries: int,
                periodic_compaction_time: Duration | None = None,
            ) -> None:
                self._query_time_after_num_entries = query_time_after_num_entries
                self._periodic_compaction_time = periodic_compaction_time or Duration.of_days(30)

            def get_query_time_after_num_entries(self) -> int:
                """Return the number of values between two looks at the clock."""
                return self._query_time_after_num_entries

            def get_periodic_compaction_time(self) -> Duration:
                """Return how old a file may get."""
                return self._periodic_compaction_time

        EMPTY_STRATEGY = EmptyCleanupStrategy()

        def __init__(
            self,
            strategies: Mapping[
                StateTtlConfig.CleanupStrategies.Strategies,
                StateTtlConfig.CleanupStrategies.CleanupStrategy,
            ],
            is_cleanup_in_background: bool,
        ) -> None:
            self._strategies = dict(strategies)
            self._is_cleanup_in_background = is_cleanup_in_background

        def is_cleanup_in_background(self) -> bool:
            """Tell whether expired values are dropped when nobody reads them."""
            return self._is_cleanup_in_background

        def in_full_snapshot(self) -> bool:
            """Tell whether expired values are left out of full snapshots."""
            return self.Strategies.FULL_STATE_SCAN_SNAPSHOT in self._strategies

        def get_incremental_cleanup_strategy(
            self,
        ) -> StateTtlConfig.CleanupStrategies.IncrementalCleanupStrategy | None:
            """Return the settings; five keys per access if the background may clean up."""
            chosen = self._strategies.get(self.Strategies.INCREMENTAL_CLEANUP)
            if isinstance(chosen, self.IncrementalCleanupStrategy):
                return chosen
            return (
                self.IncrementalCleanupStrategy(5, False)
                if self._is_cleanup_in_background
                else None
            )

        def get_rocksdb_compact_filter_cleanup_strategy(
            self,
        ) -> StateTtlConfig.CleanupStrategies.RocksdbCompactFilterCleanupStrategy | None:
            """Return the settings; 1,000 values per look if the background may clean up."""
            chosen = self._strategies.get(self.Strategies.ROCKSDB_COMPACTION_FILTER)
            if isinstance(chosen, self.RocksdbCompactFilterCleanupStrategy):
                return chosen
            if not self._is_cleanup_in_background:
                return None
            return self.RocksdbCompactFilterCleanupStrategy(1_000)

    class Builder:
        """Collects the settings of a `StateTtlConfig`.

        Parameters
        ----------
        ttl : Time
            How long a value lives.
        """

        def __init__(self, ttl: Time) -> None:
            self._ttl = ttl
            self._update_type = StateTtlConfig.UpdateType.OnCreateAndWrite
            self._state_visibility = StateTtlConfig.StateVisibility.NeverReturnExpired
            self._ttl_time_characteristic = StateTtlConfig.TtlTimeCharacteristic.ProcessingTime
            self._is_cleanup_in_background = True
            self._strategies: dict[
                StateTtlConfig.CleanupStrategies.Strategies,
                StateTtlConfig.CleanupStrategies.CleanupStrategy,
            ] = {}

        def set_update_type(self, update_type: StateTtlConfig.UpdateType) -> StateTtlConfig.Builder:
            """Choose what starts the time to live anew."""
            self._update_type = update_type
            return self

        def update_ttl_on_create_and_write(self) -> StateTtlConfig.Builder:
            """Start anew when the value is made or written."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)

        def update_ttl_on_read_and_write(self) -> StateTtlConfig.Builder:
            """Start anew when the value is read, too."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)

        def set_state_visibility(
            self, state_visibility: StateTtlConfig.StateVisibility
        ) -> StateTtlConfig.Builder:
            """Choose whether expired values that are still stored can be read."""
            self._state_visibility = state_visibility
            return self

        def return_expired_if_not_cleaned_up(self) -> StateTtlConfig.Builder:
            """Let expired values be read while they are still stored."""
            return self.set_state_visibility(
                StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
            )

        def never_return_expired(self) -> StateTtlConfig.Builder:
            """Hide expired values."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)

        def set_ttl_time_characteristic(
            self, ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic
        ) -> StateTtlConfig.Builder:
            """Choose the clock; there is only one."""
            self._ttl_time_characteristic = ttl_time_characteristic
            return self

        def use_processing_time(self) -> StateTtlConfig.Builder:
            """Use the wall clock."""
            return self.set_ttl_time_characteristic(
                StateTtlConfig.TtlTimeCharacteristic.ProcessingTime
            )

        def cleanup_full_snapshot(self) -> StateTtlConfig.Builder:
            """Leave expired values out of full snapshots; kept for programs that ask for it."""
            kind = StateTtlConfig.CleanupStrategies.Strategies.FULL_STATE_SCAN_SNAPSHOT
            self._strategies[kind] = StateTtlConfig.CleanupStrategies.EMPTY_STRATEGY
            return self

        def cleanup_incrementally(
            self,
            cleanup_size: int,
            run_cleanup_for_every_record: bool,
        ) -> StateTtlConfig.Builder:
            """Look at so many keys for each access, or for each row, and free what has expired."""
            kind = StateTtlConfig.CleanupStrategies.Strategies.INCREMENTAL_CLEANUP
            self._strategies[kind] = StateTtlConfig.CleanupStrategies.IncrementalCleanupStrategy(
                cleanup_size, run_cleanup_for_every_record
            )
            return self

        def cleanup_in_rocksdb_compact_filter(
            self,
            query_time_after_num_entries: int,
            periodic_compaction_time: Duration | None = None,
        ) -> StateTtlConfig.Builder:
            """Drop expired values in compactions of RocksDB; kept for programs that ask for it."""
            kind = StateTtlConfig.CleanupStrategies.Strategies.ROCKSDB_COMPACTION_FILTER
            self._strategies[kind] = (
                StateTtlConfig.CleanupStrategies.RocksdbCompactFilterCleanupStrategy(
                    query_time_after_num_entries, periodic_compaction_time
                )
            )
            return self

        def disable_cleanup_in_background(self) -> StateTtlConfig.Builder:
            """Drop expired values only when they are read."""
            self._is_cleanup_in_background = False
            return self

        def set_ttl(self, ttl: Time) -> StateTtlConfig.Builder:
            """Choose how long a value lives."""
            self._ttl = ttl
            return self

        def build(self) -> StateTtlConfig:
            """Return the finished configuration."""
            return StateTtlConfig(
                self._update_type,
                self._state_visibility,
                self._ttl_time_characteristic,
                self._ttl,
                StateTtlConfig.CleanupStrategies(self._strategies, self._is_cleanup_in_background),
            )

    def __init__(
        self,
        update_type: StateTtlConfig.UpdateType,
        state_visibility: StateTtlConfig.StateVisibility,
        ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic,
        ttl: Time,
        cleanup_strategies: StateTtlConfig.CleanupStrategies,
    ) -> None:
        _checked(update_type, StateTtlConfig.UpdateType, "the update type")
        _checked(state_visibility, StateTtlConfig.StateVisibility, "the visibility")
        if not isinstance(ttl_time_characteristic, StateTtlConfig.TtlTimeCharacteristic):
            raise InvalidTypeError(
                "values expire by processing time only, in Flink too: the time characteristic of a "
                "time to live must be StateTtlConfig.TtlTimeCharacteristic.ProcessingTime, got "
                f"{ttl_time_characteristic!r}; for event time register a timer and clear the state"
            )
        self.ttl_ms = milliseconds_of(ttl, "the time to live")
        if self.ttl_ms <= 0:
            raise InvalidPipelineError(
                f"the time to live must be longer than 0 ms, got {self.ttl_ms} ms; give a span "
                "such as Time.hours(1)"
            )
        if self.ttl_ms >= 2**63:
            raise InvalidPipelineError(
                f"the time to live must fit into 64 bits, got {self.ttl_ms} ms; values without a "
                "time to live never expire"
            )
        self._ttl = ttl
        self._update_type = update_type
        self._state_visibility = state_visibility
        self._ttl_time_characteristic = ttl_time_characteristic
        self._cleanup_strategies = cleanup_strategies

    @staticmethod
    def new_builder(ttl: Time) -> StateTtlConfig.Builder:
        """Start a configuration whose values live for `ttl`."""
        return StateTtlConfig.Builder(ttl)

    def get_update_type(self) -> StateTtlConfig.UpdateType:
        """Return what starts the time to live anew."""
        return self._update_type

    def get_state_visibility(self) -> StateTtlConfig.StateVisibility:
        """Return whether expired values can be read."""
        return self._state_visibility

    def get_ttl(self) -> Time:
        """Return how long a value lives."""
        return self._ttl

    def get_ttl_time_characteristic(self) -> StateTtlConfig.TtlTimeCharacteristic:
        """Return the clock."""
        return self._ttl_time_characteristic

    def is_enabled(self) -> bool:
        """Tell whether values expire at all."""
        return self._update_type is not StateTtlConfig.UpdateType.Disabled

    def get_cleanup_strategies(self) -> StateTtlConfig.CleanupStrategies:
        """Return the clean-ups asked for."""
        return self._cleanup_strategies

    def __repr__(self) -> str:
        return (
            f"StateTtlConfig<update_type={self._update_type}, "
            f"state_visibility={self._state_visibility}, "
            f"ttl_time_characteristic={self._ttl_time_characteristic}, ttl={self._ttl}>"
        )
