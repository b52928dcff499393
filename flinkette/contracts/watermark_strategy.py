"""`WatermarkStrategy`: where event time comes from and how far rows may be out of order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    UnsupportedFeatureError,
)
from flinkette.contracts.time import milliseconds_of

if TYPE_CHECKING:
    from datetime import timedelta

    from flinkette.contracts.time import Duration, Time

__all__ = [
    "AssignerWithPeriodicWatermarksWrapper",
    "TimestampAssigner",
    "WatermarkAlignment",
    "WatermarkStrategy",
]


class TimestampAssigner(ABC):
    """Reads the event time of a row. Subclass it and give it to a `WatermarkStrategy`."""

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """Return the event time of a row.

        Parameters
        ----------
        value : object
            The row.
        record_timestamp : int
            The event time it had before, in ms since the epoch; -2**63 if it had none.

        Returns
        -------
        int
            Event time in ms since the epoch.
        """


@dataclass(frozen=True)
class WatermarkAlignment:
    """Sources of one group wait for the slowest when they are too far ahead.

    Parameters
    ----------
    group : str
        Name the sources of a group share.
    max_drift_ms : int
        How far a source may be ahead of the group's smallest watermark.
    update_interval_ms : int
        How often the watermarks are compared.
    """

    group: str
    max_drift_ms: int
    update_interval_ms: int


def _positive_ms(span: Duration | Time | timedelta, what: str, example: str) -> int:
    span_ms = milliseconds_of(span, what)
    if span_ms <= 0:
        raise InvalidPipelineError(
            f"{what} must be longer than 0 ms, got {span_ms} ms; give a span such as {example}"
        )
    return span_ms


@dataclass(frozen=True)
class WatermarkStrategy:
    """How a stream gets event time and watermarks. Immutable: `with_*` return a new strategy.

    Made by `for_monotonous_timestamps`, `for_bounded_out_of_orderness` or `no_watermarks`.

    Attributes
    ----------
    max_out_of_orderness_ms : int or None
        How far behind the largest event time a row may come; 0 for ascending times, None for a
        stream without watermarks.
    timestamp_assigner : TimestampAssigner, str or None
        Where event time comes from: an assigner, a field name (flinkette only), or None to keep
        the times the rows already have.
    idleness_ms : int or None
        After so long without rows an input no longer holds back the watermark.
    alignment : WatermarkAlignment or None
        Set by `with_watermark_alignment`.

    Examples
    --------
    >>> class FirstField(TimestampAssigner):
    ...     def extract_timestamp(self, value, record_timestamp):
    ...         return value[0]
    >>> strategy = WatermarkStrategy.for_monotonous_timestamps()
    >>> strategy.with_timestamp_assigner(FirstField()).max_out_of_orderness_ms
    0
    """

    max_out_of_orderness_ms: int | None = None
    timestamp_assigner: TimestampAssigner | str | None = None
    idleness_ms: int | None = None
    alignment: WatermarkAlignment | None = None

    @staticmethod
    def for_monotonous_timestamps() -> WatermarkStrategy:
        """Return the strategy for event times that never go back."""
        return WatermarkStrategy(max_out_of_orderness_ms=0)

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Duration) -> WatermarkStrategy:
        """Return the strategy for rows that come at most so long after later ones.

        Parameters
        ----------
        max_out_of_orderness : Duration
            Not negative. Rows that come later still are late for windows.

        Raises
        ------
        InvalidPipelineError
            If the span is negative.
        """
        bound_ms = milliseconds_of(max_out_of_orderness, "max_out_of_orderness")
        if bound_ms < 0:
            raise InvalidPipelineError(
                f"max_out_of_orderness must not be negative, got {bound_ms} ms; use "
                "Duration.of_millis(0) for ascending times"
            )
        return WatermarkStrategy(max_out_of_orderness_ms=bound_ms)

    @staticmethod
    def no_watermarks() -> WatermarkStrategy:
        """Return the strategy that makes no watermarks before the end of the input."""
        return WatermarkStrategy()

    def with_timestamp_assigner(
        self, timestamp_assigner: TimestampAssigner | str
    ) -> WatermarkStrategy:
        """Take event time from `timestamp_assigner`.

        Parameters
        ----------
        timestamp_assigner : TimestampAssigner or str
            An assigner, or the name of a field that holds ms since the epoch or a timestamp (the
            name is flinkette's own and does not work on PyFlink).

        Raises
        ------
        InvalidTypeError
            If it is neither.
        """
        is_name = isinstance(timestamp_assigner, str) and timestamp_assigner != ""
        if not is_name and not callable(getattr(timestamp_assigner, "extract_timestamp", None)):
            raise InvalidTypeError(
                "timestamp_assigner must be a TimestampAssigner or a field name, got "
                f"{timestamp_assigner!r}; subclass TimestampAssigner and define "
                "extract_timestamp(self, value, record_timestamp)"
            )
        return replace(self, timestamp_assigner=timestamp_assigner)

    def with_idleness(self, idle_timeout: Duration) -> WatermarkStrategy:
        """Let an input without rows for `idle_timeout` no longer hold back the watermark.

        Raises
        ------
        InvalidPipelineError
            If the span is not positive.
        """
        idleness_ms = _positive_ms(idle_timeout, "idle_timeout", "Duration.of_seconds(10)")
        return replace(self, idleness_ms=idleness_ms)

    def with_watermark_alignment(
        self,
        watermark_group: str,
        max_allowed_watermark_drift: Duration,
        update_interval: Duration | None = None,
    ) -> WatermarkStrategy:
        """Let sources of one group wait for the slowest of them.

        Parameters
        ----------
        watermark_group : str
            Name the sources share.
        max_allowed_watermark_drift : Duration
            How far a source may be ahead of the smallest watermark of the group.
        update_interval : Duration, optional
            How often the watermarks are compared; 1 s if omitted.
        """
        drift_ms = milliseconds_of(max_allowed_watermark_drift, "max_allowed_watermark_drift")
        interval_ms = 1_000
        if update_interval is not None:
            interval_ms = _positive_ms(update_interval, "update_interval", "Duration.of_seconds(1)")
        alignment = WatermarkAlignment(watermark_group, drift_ms, interval_ms)
        return replace(self, alignment=alignment)


class AssignerWithPeriodicWatermarksWrapper:
    """PyFlink's handle of a Java watermark assigner; exists so that imports work.

    Raises
    ------
    UnsupportedFeatureError
        When it is made: there is no Java here.
    """

    def __init__(self, j_assigner_with_periodic_watermarks: object = None) -> None:
        raise UnsupportedFeatureError(
            "AssignerWithPeriodicWatermarksWrapper holds a Java object and flinkette has no JVM; "
            "use WatermarkStrategy.for_bounded_out_of_orderness(...)"
        )
