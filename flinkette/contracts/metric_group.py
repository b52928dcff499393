"""The metrics a user function can register: counters, gauges, meters, distributions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Counter", "Distribution", "Meter", "MetricGroup"]


class Counter(ABC):
    """Counts up and down."""

    @abstractmethod
    def inc(self, n: int = 1) -> None:
        """Add `n`."""

    @abstractmethod
    def dec(self, n: int = 1) -> None:
        """Take `n` away."""

    @abstractmethod
    def get_count(self) -> int:
        """Return the count."""


class Meter(ABC):
    """Measures how often something happens per second."""

    @abstractmethod
    def mark_event(self, value: int = 1) -> None:
        """Say that it happened `value` times."""

    @abstractmethod
    def get_count(self) -> int:
        """Return how often it happened so far."""


class Distribution(ABC):
    """Keeps sum, count, smallest and largest of the values it is given."""

    @abstractmethod
    def update(self, value: int) -> None:
        """Take a value."""


class MetricGroup(ABC):
    """A place for metrics in the tree of job, operator and subtask."""

    @abstractmethod
    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """Return the group below this one; with `extra`, the group `name=extra`."""

    @abstractmethod
    def counter(self, name: str) -> Counter:
        """Register a counter."""

    @abstractmethod
    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        """Register a gauge: a callable that is asked for its value."""

    @abstractmethod
    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        """Register a meter that averages over `time_span_in_seconds`."""

    @abstractmethod
    def distribution(self, name: str) -> Distribution:
        """Register a distribution."""
