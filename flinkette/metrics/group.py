"""Metrics that user functions make through `RuntimeContext.get_metrics_group()`."""

from __future__ import annotations

import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from flinkette.contracts import metric_group as contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Counter", "Distribution", "Meter", "MetricGroup", "OperatorMetricGroups"]

MAX_NUMBERS = 128
"""Numbers of one subtask that are reported; those registered first."""
MAX_NAME = 200
"""Characters of a name."""


class Counter(contract.Counter):
    """A number that goes up and down. Slot thread only."""

    def __init__(self) -> None:
        self._count = 0

    def inc(self, n: int = 1) -> None:
        """Add `n`."""
        self._count += n

    def dec(self, n: int = 1) -> None:
        """Subtract `n`."""
        self._count -= n

    def get_count(self) -> int:
        """Return the current number."""
        return self._count


class Meter(contract.Meter):
    """Events per second over the last `time_span_in_seconds`. Slot thread only."""

    def __init__(
        self, time_span_in_seconds: int = 60, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._span_s = time_span_in_seconds
        self._now_s = now_s
        self._count = 0
        self._by_second: deque[tuple[int, int]] = deque()

    def mark_event(self, value: int = 1) -> None:
        """Count `value` events now."""
        self._count += value
        second = int(self._now_s())
        if self._by_second and self._by_second[-1][0] == second:
            self._by_second[-1] = (second, self._by_second[-1][1] + value)
        else:
            self._by_second.append((second, value))
        while self._by_second[0][0] < second - self._span_s:
            self._by_second.popleft()

    def get_count(self) -> int:
        """Return all events so far."""
        return self._count

    def get_rate(self) -> float:
        """Return events per second over the span."""
        oldest = int(self._now_s()) - self._span_s
        recent = sum(count for second, count in self._by_second if second > oldest)
        return recent / self._span_s


class Distribution(contract.Distribution):
    """Count, sum, minimum and maximum of reported values. Slot thread only."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0
        self.min: int | None = None
        self.max: int | None = None

    def update(self, value: int) -> None:
        """Report one value."""
        self.count += 1
        self.sum += value
        self.min = value if self.min is None else min(self.min, value)
        self.max = value if self.max is None else max(self.max, value)


class MetricGroup(contract.MetricGroup):
    """A named group of metrics; the same name gives the same metric again."""

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        self._scope = scope
        self._groups: dict[tuple[str, ...], MetricGroup] = {}
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Callable[[], int]] = {}
        self._meters: dict[str, Meter] = {}
        self._distributions: dict[str, Distribution] = {}

    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """Return the sub-group `name`, or the key-value group `name=extra`."""
        part = (name,) if extra is None else (name, extra)
        return self._groups.setdefault(part, MetricGroup(self._scope + part))

    def counter(self, name: str) -> Counter:
        """Return the counter `name`."""
        return self._counters.setdefault(name, Counter())

    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        """Register a function that is asked for the value when metrics are read."""
        self._gauges[name] = obj

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        """Return the meter `name`."""
        return self._meters.setdefault(name, Meter(time_span_in_seconds))

    def distribution(self, name: str) -> Distribution:
        """Return the distribution `name`."""
        return self._distributions.setdefault(name, Distribution())

    def numbers(self) -> Iterator[tuple[str, int | float]]:
        """Yield every metric here and below by its dotted name; some have several numbers."""
        prefix = "".join(f"{part}." for part in self._scope)
        for name, counter in self._counters.items():
            yield prefix + name, counter.get_count()
        for name, gauge in self._gauges.items():
            value = _value_of(gauge)
            if value is not None:
                yield prefix + name, value
        for name, meter in self._meters.items():
            yield prefix + name, meter.get_rate()
            yield f"{prefix}{name}.count", meter.get_count()
        for name, distribution in self._distributions.items():
            for what in ("count", "sum", "min", "max"):
                number = getattr(distribution, what)
                if number is not None:
                    yield f"{prefix}{name}.{what}", number
        for group in self._groups.values():
            yield from group.numbers()


class OperatorMetricGroups:
    """The metrics that the functions of one subtask make, by operator. Slot thread only."""

    def __init__(self) -> None:
        self._groups: dict[int, tuple[str, MetricGroup]] = {}

    def of(self, node: int, name: str) -> MetricGroup:
        """Return the group of an operator; of two of one name the second is called `name_2`."""
        if node not in self._groups:
            taken = {each for each, _ in self._groups.values()}
            number = 1
            unique = name
            while unique in taken:
                number += 1
                unique = f"{name}_{number}"
            self._groups[node] = (unique, MetricGroup())
        return self._groups[node][1]

    def numbers(self) -> dict[str, int | float]:
        """Return what is reported: at most `MAX_NUMBERS`, as `operator.group.name`."""
        found = (
            (f"{name}.{metric}"[:MAX_NAME], _in_64_bits(value))
            for name, group in self._groups.values()
            for metric, value in group.numbers()
        )
        return dict(islice(found, MAX_NUMBERS))


def _value_of(gauge: Callable[[], int]) -> int | float | None:
    """Ask a gauge; None if it has no number now. It is the user's code, and no row of it."""
    try:
        value: object = gauge()
    except Exception:
        return None
    return value if isinstance(value, (int, float)) else None


def _in_64_bits(value: int | float) -> int | float:
    return value if isinstance(value, float) or -(2**63) <= value < 2**63 else float(value)
