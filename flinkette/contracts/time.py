"""Spans and points of time: `Time`, `Duration`, `Instant`."""

from __future__ import annotations

from datetime import timedelta
from functools import total_ordering
from typing import Any

from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidTypeError

__all__ = ["Duration", "Instant", "Time", "milliseconds_of"]

_NANOS_PER_MILLI = 1_000_000
_NANOS_PER_SECOND = 1_000_000_000


def _whole(value: Any, what: str) -> int:
    """Return `value` as an int; floats pass only if they are whole."""
    if is_whole_number(value):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise InvalidTypeError(
        f"{what} must be a whole number, got {value!r}; use a smaller unit for fractions"
    )


class Time:
    """A span of time in whole milliseconds, as windows and state take it.

    Parameters
    ----------
    milliseconds : int
        Length in ms; negative spans are allowed (window offsets).

    Examples
    --------
    >>> Time.seconds(5).to_milliseconds()
    5000
    >>> str(Time.minutes(1))
    '60000 ms'
    """

    __slots__ = ("_milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = _whole(milliseconds, "Time in milliseconds")

    def to_milliseconds(self) -> int:
        """Return the length in ms."""
        return self._milliseconds

    @staticmethod
    def milliseconds(milliseconds: int) -> Time:
        """Make a span of so many milliseconds."""
        return Time(milliseconds)

    @staticmethod
    def seconds(seconds: int) -> Time:
        """Make a span of so many seconds; 1.5 is fine, since it is a whole number of ms."""
        return Time(seconds * 1_000)

    @staticmethod
    def minutes(minutes: int) -> Time:
        """Make a span of so many minutes."""
        return Time(minutes * 60_000)

    @staticmethod
    def hours(hours: int) -> Time:
        """Make a span of so many hours."""
        return Time(hours * 3_600_000)

    @staticmethod
    def days(days: int) -> Time:
        """Make a span of so many days of 24 hours."""
        return Time(days * 86_400_000)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self._milliseconds == other._milliseconds

    def __hash__(self) -> int:
        return hash(("Time", self._milliseconds))

    def __str__(self) -> str:
        return f"{self._milliseconds} ms"

    def __repr__(self) -> str:
        return f"Time({self._milliseconds})"


@total_ordering
class Duration:
    """A span of time in whole nanoseconds, as watermark strategies and connectors take it.

    Made by the `of_*` methods.

    Examples
    --------
    >>> Duration.of_seconds(2) == Duration.of_millis(2000)
    True
    """

    __slots__ = ("_nanos",)

    def __init__(self, nanos: int) -> None:
        self._nanos = _whole(nanos, "Duration in nanoseconds")

    @staticmethod
    def of_days(days: int) -> Duration:
        """Make a span of so many days of 24 hours."""
        return Duration(_whole(days, "days") * 86_400 * _NANOS_PER_SECOND)

    @staticmethod
    def of_hours(hours: int) -> Duration:
        """Make a span of so many hours."""
        return Duration(_whole(hours, "hours") * 3_600 * _NANOS_PER_SECOND)

    @staticmethod
    def of_millis(millis: int) -> Duration:
        """Make a span of so many milliseconds."""
        return Duration(_whole(millis, "millis") * _NANOS_PER_MILLI)

    @staticmethod
    def of_minutes(minutes: int) -> Duration:
        """Make a span of so many minutes."""
        return Duration(_whole(minutes, "minutes") * 60 * _NANOS_PER_SECOND)

    @staticmethod
    def of_nanos(nanos: int) -> Duration:
        """Make a span of so many nanoseconds."""
        return Duration(_whole(nanos, "nanos"))

    @staticmethod
    def of_seconds(seconds: int) -> Duration:
        """Make a span of so many seconds."""
        return Duration(_whole(seconds, "seconds") * _NANOS_PER_SECOND)

    def to_millis(self) -> int:
        """Return the length in whole ms, rounded towards minus infinity."""
        return self._nanos // _NANOS_PER_MILLI

    def to_nanos(self) -> int:
        """Return the length in ns."""
        return self._nanos

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self._nanos == other._nanos

    def __lt__(self, other: Duration) -> bool:
        if not isinstance(other, Duration):
            return NotImplemented
        return self._nanos < other._nanos

    def __hash__(self) -> int:
        return hash(("Duration", self._nanos))

    def __repr__(self) -> str:
        if self._nanos % _NANOS_PER_MILLI:
            return f"Duration.of_nanos({self._nanos})"
        return f"Duration.of_millis({self._nanos // _NANOS_PER_MILLI})"


@total_ordering
class Instant:
    """A point on the time line, in seconds and nanoseconds since 1970-01-01T00:00:00Z.

    Parameters
    ----------
    seconds : int
        Whole seconds since the epoch; negative before it.
    nanos : int
        Nanoseconds after that second, 0 to 999,999,999.
    """

    __slots__ = ("nanos", "seconds")

    def __init__(self, seconds: int, nanos: int) -> None:
        self.seconds = seconds
        self.nanos = nanos

    def to_epoch_milli(self) -> int:
        """Return the ms since the epoch, rounded towards minus infinity."""
        return self.seconds * 1_000 + self.nanos // _NANOS_PER_MILLI

    @staticmethod
    def of_epoch_milli(epoch_milli: int) -> Instant:
        """Make the point that lies so many ms after the epoch."""
        seconds, millis = divmod(epoch_milli, 1_000)
        return Instant(seconds, millis * _NANOS_PER_MILLI)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instant):
            return False
        return self.seconds == other.seconds and self.nanos == other.nanos

    def __lt__(self, other: Instant) -> bool:
        if not isinstance(other, Instant):
            return NotImplemented
        return (self.seconds, self.nanos) < (other.seconds, other.nanos)

    def __hash__(self) -> int:
        return hash((self.seconds, self.nanos))

    def __repr__(self) -> str:
        return f"Instant<{self.seconds}, {self.nanos}>"


def milliseconds_of(span: Time | Duration | timedelta, what: str) -> int:
    """Return a span of any accepted class in whole ms.

    Parameters
    ----------
    span : Time, Duration or datetime.timedelta
        PyFlink's windows take `Time` and its watermarks `Duration`; flinkette takes each anywhere.
    what : str
        Name of the argument for the error message.

    Raises
    ------
    InvalidTypeError
        If `span` is none of these; a bare number has no unit.
    """
    if isinstance(span, Time):
        return span.to_milliseconds()
    if isinstance(span, Duration):
        return span.to_millis()
    if isinstance(span, timedelta):
        return span // timedelta(milliseconds=1)
    raise InvalidTypeError(
        f"{what} must be a Time or Duration, got {span!r}; write Time.milliseconds(...) or "
        "Duration.of_millis(...)"
    )
