"""Columns: values of one type in Arrow layout, our memory or another library's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flinkette._native.buffer import Int64Buffer, Uint32Buffer

__all__ = ["Column", "live_count"]

class Column:
    """Values of one type. Immutable; may be read from any thread.

    Numeric and temporal columns without nulls offer their values through the buffer protocol and
    to numpy without a copy. Others become numpy arrays by copying: integers with nulls as floats
    with NaN, temporal nulls as NaT, anything else as objects.
    """

    length: int

    @staticmethod
    def from_arrow(source: Any) -> Column:
        """Take over an Arrow array without copying it; chunks of a stream are joined.

        Raises
        ------
        TypeError
            The object does not speak Arrow, or its type is not supported.
        ValueError
            The data contradicts itself.
        """

    @staticmethod
    def from_objects(values: list[Any]) -> Column | None:
        """Type values by what they are, or return None if they must stay objects.

        Values that are all exactly int (64 bits), float, bool, str (no surrogates) or bytes, or
        None, become a column whose `to_objects()` gives equal values of the same types. A list
        without any value but None becomes a column of type null.
        """

    @staticmethod
    def from_objects_typed(values: list[Any], spec: tuple[Any, ...]) -> Column:
        """Make a column of a declared type, given as `TypeInformation.type_spec()`.

        Raises
        ------
        ConversionError
            A value does not fit; the path names the row.
        """

    @staticmethod
    def from_buffer(source: Any) -> Column:
        """Share the memory of a one-dimensional contiguous buffer of machine numbers.

        The memory must not change any more. Raises TypeError for other buffers.
        """

    @staticmethod
    def concat(columns: Iterable[Column]) -> Column:
        """Join columns of one type; ValueError if types differ."""

    @property
    def type_name(self) -> str:
        """Name of the type, for example ``timestamp[ms, tz=UTC]`` or ``list<utf8>``."""

    @property
    def null_count(self) -> int:
        """How many values are null."""

    def __len__(self) -> int: ...
    def to_objects(self) -> list[Any]:
        """Return the values as Python objects; null is None.

        Numbers, strings, bytes and bools are themselves; decimals Decimal; dates, times,
        timestamps and durations the types of `datetime` (nanoseconds rounded down to microseconds,
        timestamps with a zone in UTC); lists list, maps dict, structs Row.

        Raises
        ------
        ValueError
            A value has no Python form (a year beyond 9999, text that is not UTF-8); names the row.
        """

    def times_ms(self) -> Int64Buffer:
        """Return event times in ms: of int64 (already ms), timestamps and dates.

        Raises
        ------
        TypeError
            The column is of another type.
        ValueError
            A value is null; names the row.
        OverflowError
            Seconds beyond 64-bit milliseconds.
        """

    def slice(self, start: int, stop: int) -> Column:
        """Return values start to stop - 1, sharing memory."""

    def take(self, indices: Uint32Buffer) -> Column:
        """Return the values with these numbers, in this order; runs without the GIL."""

    def __arrow_c_schema__(self) -> Any:
        """Lend the type to another library."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """Lend the values to another library without copying."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Lend the values as a stream of one array."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Return the values as numpy array."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

def live_count() -> int:
    """Return how many Column objects exist."""
