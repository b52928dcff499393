"""What happens after a failure: `RestartStrategies`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING

from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError

if TYPE_CHECKING:
    from typing import Any

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]


def _span(value: Any, what: str) -> timedelta:
    """Return a span given in ms or as a timedelta."""
    if isinstance(value, timedelta):
        span = value
    elif is_whole_number(value):
        span = timedelta(milliseconds=value)
    else:
        raise InvalidTypeError(f"{what} must be a number of ms or a timedelta, got {value!r}")
    if span < timedelta(0):
        raise InvalidPipelineError(f"{what} must not be negative, got {value!r}")
    return span


def _count(value: Any, what: str) -> int:
    if not is_whole_number(value):
        raise InvalidTypeError(f"{what} must be a whole number, got {value!r}")
    if value < 0:
        raise InvalidPipelineError(f"{what} must not be negative, got {value}")
    return value


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


class RestartStrategyConfiguration(ABC):
    """Base of the restart strategies."""

    @abstractmethod
    def get_description(self) -> str:
        """Return the strategy in words."""

    @abstractmethod
    def to_dict(self) -> dict[str, str]:
        """Return the strategy as configuration keys."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.to_dict().items())))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.get_description()}>"


class RestartStrategies:
    """Makes restart strategies.

    In PyFlink 2.x the class has no effect and strategies are configuration keys; programs written
    for 1.x give what it makes to `env.set_restart_strategy`, which sets these keys.

    Examples
    --------
    >>> RestartStrategies.fixed_delay_restart(3, 1000).to_dict()["restart-strategy.type"]
    'fixed-delay'
    """

    class NoRestartStrategyConfiguration(RestartStrategyConfiguration):
        """A failure ends the job."""

        def get_description(self) -> str:
            """Return the strategy in words."""
            return "no restart"

        def to_dict(self) -> dict[str, str]:
            """Return the strategy as configuration keys."""
            return {"restart-strategy.type": "none"}

    class FixedDelayRestartStrategyConfiguration(RestartStrategyConfiguration):
        """The job starts anew so many times, after the same pause.

        Parameters
        ----------
        restart_attempts : int
            How many times.
        delay_between_attempts_interval : int or timedelta
            The pause, a number in ms.
        """

        def __init__(
            self, restart_attempts: int, delay_between_attempts_interval: int | timedelta
        ) -> None:
            self._restart_attempts = _count(restart_attempts, "restart_attempts")
            self._delay = _span(delay_between_attempts_interval, "the delay between restarts")

        def get_restart_attempts(self) -> int:
            """Return how many times the job starts anew."""
            return self._restart_attempts

        def get_delay_between_attempts_interval(self) -> timedelta:
            """Return the pause."""
            return self._delay

        def get_description(self) -> str:
            """Return the strategy in words."""
            return f"restart up to {self._restart_attempts} times after {_ms(self._delay)} ms"

        def to_dict(self) -> dict[str, str]:
            """Return the strategy as configuration keys."""
            return {
                "restart-strategy.type": "fixed-delay",
                "restart-strategy.fixed-delay.attempts": str(self._restart_attempts),
                "restart-strategy.fixed-delay.delay": f"{_ms(self._delay)} ms",
            }

    class FailureRateRestartStrategyConfiguration(RestartStrategyConfiguration):
        """The job starts anew until it fails too often within a span of time.

        Parameters
        ----------
        max_failure_rate : int
            Failures within the span that are still accepted.
        failure_interval : int or timedelta
            The span, a number in ms.
        delay_between_attempts_interval : int or timedelta
            The pause before each start, a number in ms.
        """

        def __init__(
            self,
            max_failure_rate: int,
            failure_interval: int | timedelta,
            delay_between_attempts_interval: int | timedelta,
        ) -> None:
            self._max_failure_rate = _count(max_failure_rate, "max_failure_rate")
            self._failure_interval = _span(failure_interval, "the failure interval")
            self._delay = _span(delay_between_attempts_interval, "the delay between restarts")

        def get_max_failure_rate(self) -> int:
            """Return how many failures are accepted."""
            return self._max_failure_rate

        def get_failure_interval(self) -> timedelta:
            """Return the span in which failures are counted."""
            return self._failure_interval

        def get_delay_between_attempts_interval(self) -> timedelta:
            """Return the pause."""
            return self._delay

        def get_description(self) -> str:
            """Return the strategy in words."""
            return (
                f"restart after {_ms(self._delay)} ms unless there are more than "
                f"{self._max_failure_rate} failures in {_ms(self._failure_interval)} ms"
            )

        def to_dict(self) -> dict[str, str]:
            """Return the strategy as configuration keys."""
            prefix = "restart-strategy.failure-rate."
            return {
                "restart-strategy.type": "failure-rate",
                f"{prefix}max-failures-per-interval": str(self._max_failure_rate),
                f"{prefix}failure-rate-interval": f"{_ms(self._failure_interval)} ms",
                f"{prefix}delay": f"{_ms(self._delay)} ms",
            }

    class FallbackRestartStrategyConfiguration(RestartStrategyConfiguration):
        """What the cluster's configuration says."""

        def get_description(self) -> str:
            """Return the strategy in words."""
            return "the restart strategy of the cluster"

        def to_dict(self) -> dict[str, str]:
            """Return no keys."""
            return {}

    @staticmethod
    def no_restart() -> RestartStrategies.NoRestartStrategyConfiguration:
        """Return the strategy that ends the job at the first failure."""
        return RestartStrategies.NoRestartStrategyConfiguration()

    @staticmethod
    def fall_back_restart() -> RestartStrategies.FallbackRestartStrategyConfiguration:
        """Return the strategy that leaves it to the cluster's configuration."""
        return RestartStrategies.FallbackRestartStrategyConfiguration()

    @staticmethod
    def fixed_delay_restart(
        restart_attempts: int, delay_between_attempts: int
    ) -> RestartStrategies.FixedDelayRestartStrategyConfiguration:
        """Return the strategy that starts anew so many times, pausing so many ms."""
        return RestartStrategies.FixedDelayRestartStrategyConfiguration(
            restart_attempts, delay_between_attempts
        )

    @staticmethod
    def failure_rate_restart(
        failure_rate: int, failure_interval: int, delay_interval: int
    ) -> RestartStrategies.FailureRateRestartStrategyConfiguration:
        """Return the strategy that accepts so many failures in a span of time (ms)."""
        return RestartStrategies.FailureRateRestartStrategyConfiguration(
            failure_rate, failure_interval, delay_interval
        )
