from typing import Any, final

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.column import Column

KIND_NAMES: tuple[str, ...]
"""Names of the kinds of aggregates, in the order of AggregateKind in csrc/flk/accumulator.h."""

Definition = tuple[str, Column | None, int, float, bool]
"""Kind, a column of the input type (its rows do not matter), option, parameter, is_retractable."""

@final
class DistinctSketch:
    """About how many different values were added: HyperLogLog. One owner; not thread safe.

    The relative standard error is 1.04 / sqrt(2**precision): 1.6 % at 12, 0.8 % at 14.

    Parameters
    ----------
    precision
        4 .. 18; a sketch takes at most 2**precision bytes.
    """

    precision: int
    def __init__(self, precision: int) -> None: ...
    def add(self, value: Any) -> None:
        """Add a value; values are equal as keys are."""

    def merge(self, other: DistinctSketch) -> DistinctSketch:
        """Return the sketch of the values of both, which stay as they are."""

    def estimate(self) -> int:
        """Return the estimate."""

@final
class NumberSketch:
    """Quantiles of numbers. One owner; not thread safe.

    Exact up to 256 different values, within 0.4 % of the value beyond. What is in it depends on its
    values only, not on their order.
    """

    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def add(self, value: float) -> None:
        """Add a number; -0.0 is 0.0 and NaN larger than every number."""

    def merge(self, other: NumberSketch) -> NumberSketch:
        """Return the sketch of the values of both, which stay as they are."""

    def value_at(self, quantile: float) -> float:
        """Return the value that a part (0 .. 1) of the numbers is not above, interpolated.

        Raises
        ------
        ValueError
            If there is no number, or `quantile` is not in 0 .. 1.
        """

@final
class GroupStates:
    """States of native accumulators by group number, for tests and measurements.

    Operators keep states themselves (csrc/flk/state_blocks.h). One owner; not thread safe.

    Parameters
    ----------
    definitions
        What to aggregate.
    group_count
        Groups are 0 .. group_count - 1.

    Raises
    ------
    TypeError
        If a kind has no native accumulator for its type.
    ValueError
        If an option is out of range.
    """

    state_bytes: int
    def __init__(self, definitions: list[Definition], group_count: int) -> None: ...
    @property
    def can_subtract(self) -> list[bool]: ...
    @property
    def can_retract(self) -> list[bool]: ...
    def consume(
        self,
        columns: list[Column | None],
        groups: Uint32Buffer,
        first_arrival: int = 0,
        rows: Uint32Buffer | None = None,
    ) -> None:
        """Add a row to each of `groups`: rows 0, 1, … of the columns, or those of `rows`."""

    def consume_again(self, columns: list[Column | None]) -> None:
        """Add rows 0, 1, … to the groups of the last call, which are not looked up again."""

    def retract(self, columns: list[Column | None], groups: Uint32Buffer) -> None:
        """Take rows 0, 1, … back."""

    def merge(self, into: Uint32Buffer, source: Uint32Buffer) -> None:
        """Add the states of `source` to those of `into`, pair by pair; pairs are two groups."""

    def subtract(self, into: Uint32Buffer, source: Uint32Buffer) -> None:
        """Undo a merge."""

    def release(self) -> None:
        """Make all of them states of no rows."""

    def results(self) -> list[Column]:
        """One column for each definition, one row for each group."""

    def snapshot(self) -> bytes:
        """All states as bytes."""

    def restore(self, data: bytes) -> None:
        """Read what a snapshot of the same definitions and number of groups wrote."""
