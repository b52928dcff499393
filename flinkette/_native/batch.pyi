"""Batches: runs of rows of one schema, as Python objects or as Arrow columns.

A batch holds its rows either as a list of Python values or as columns; `objects()` turns columns
into values once. Beside the rows may stand event times, keys with their hashes, and row kinds.
Nothing here loads numpy or pyarrow: Arrow memory of other libraries is read and lent in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.marks import Marks

__all__ = ["Batch", "BatchReader", "TupleNames"]

class ArrowArraySource(Protocol):
    """What lends one Arrow array."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

class ArrowStreamSource(Protocol):
    """What lends a stream of Arrow arrays."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

class TupleNames(tuple[str, ...]):
    """Names of the columns of a batch whose rows are plain tuples, not Rows."""

class Batch:
    """A run of rows. Immutable; may be read from any thread that holds the GIL.

    Attributes
    ----------
    num_rows : int
        How many rows there are.
    columns : tuple of Column, or None
        The columns; None for a batch of Python objects.
    row_type : tuple of str, or None
        How columns become a row: names make a Row, `TupleNames` a tuple, None is the value of the
        one column itself.
    times : Int64Buffer or None
        Event time of each row in ms; the smallest int64 is "no timestamp".
    keys : list, Column or None
        Key of each row.
    hashes : Int64Buffer or None
        64-bit hash of each key.
    marks : Marks or None
        Watermarks between the rows.
    kinds : bytes or None
        Row kind of each row as in RowKind; None: all are inserts.
    """

    num_rows: int
    columns: tuple[Column, ...] | None
    row_type: tuple[str, ...] | None
    times: Int64Buffer | None
    keys: Any
    hashes: Int64Buffer | None
    marks: Marks | None
    kinds: Any

    @staticmethod
    def from_objects(
        values: list[Any],
        times: Int64Buffer | None = None,
        *,
        keys: Any = None,
        hashes: Int64Buffer | None = None,
        kinds: Any = None,
    ) -> Batch:
        """Make a batch of Python values; the list is kept, so it must not change any more."""

    @staticmethod
    def from_columns(
        columns: Iterable[Column],
        names: Sequence[str] | None = None,
        times: Int64Buffer | None = None,
        *,
        keys: Any = None,
        hashes: Int64Buffer | None = None,
        kinds: Any = None,
    ) -> Batch:
        """Make a batch of columns of one length; a single one may go without a name."""

    @staticmethod
    def from_rows(
        values: list[Any],
        spec: tuple[Any, ...],
        times: Int64Buffer | None = None,
        *,
        keys: Any = None,
        hashes: Int64Buffer | None = None,
        kinds: Any = None,
    ) -> Batch:
        """Make typed columns of values of a declared type.

        Parameters
        ----------
        values : list
            Values as a converter of the type hands them on; kept as the batch's objects.
        spec : tuple
            `TypeInformation.type_spec()`. Row and tuple types become a column per field, any other
            type one column.

        Raises
        ------
        ConversionError
            A value does not fit; the path names the row and field.
        TypeError
            The type (or a part of it) is pickled and has no Arrow form.
        """

    @staticmethod
    def from_arrow(
        source: ArrowArraySource | ArrowStreamSource, times: Int64Buffer | None = None
    ) -> Batch:
        """Take over Arrow data without copying it; chunks of a stream are joined into one.

        A table or struct gives a column per field, any other array (and a struct with nulls) one
        column without a name.

        Raises
        ------
        TypeError
            The object does not speak Arrow, or a column has a type that is not supported.
        ValueError
            The data contradicts itself.
        """

    @staticmethod
    def from_arrow_stream(source: ArrowArraySource | ArrowStreamSource) -> Iterator[Batch]:
        """Iterate over the chunks of a stream as batches; reads as it goes.

        The iterator of a stream is a `BatchReader`. Failures of the stream are OSErrors.
        """

    @staticmethod
    def concat(batches: Iterable[Batch]) -> Batch:
        """Join batches. Columns of equal types are joined as columns, all else as objects.

        Missing times become "no timestamp", missing kinds inserts; keys stay if all have them.
        """

    @property
    def is_columnar(self) -> bool:
        """Whether the rows are in columns."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns; None for objects and for a single column without a name."""

    def objects(self) -> list[Any]:
        """Return the rows as Python values; columns are turned into them once. Do not change it."""

    def without_objects(self) -> Batch:
        """The same columns for another reader, whose `objects()` are its own."""

    def column(self, name_or_index: str | int) -> Column:
        """Return a column.

        Raises
        ------
        TypeError
            The batch holds objects.
        KeyError, IndexError
            There is no such column, or several of that name.
        """

    def select_columns(self, columns: Iterable[str | int]) -> Batch:
        """Return the rows with these columns only, in this order."""

    def typed(self, spec: tuple[Any, ...]) -> Batch:
        """Return the same rows as columns of a declared type; see `from_rows`."""

    def with_times(self, times: Int64Buffer | None) -> Batch:
        """Return the same rows with these event times."""

    def with_keys(self, keys: Any, hashes: Int64Buffer | None = None) -> Batch:
        """Return the same rows with these keys and hashes."""

    def with_marks(self, marks: Marks | None) -> Batch:
        """The same rows with watermarks between them; `slice` and `take` leave marks out."""
    def with_event_times(self, times: Int64Buffer | None, marks: Marks | None) -> Batch:
        """The same rows with other event times and watermarks among them."""

    def with_kinds(self, kinds: Any) -> Batch:
        """Return the same rows with these row kinds."""

    def slice(self, start: int, stop: int) -> Batch:
        """Return rows start to stop - 1; columns share their memory."""

    def take(self, indices: Uint32Buffer) -> Batch:
        """Return the rows with these numbers, in this order; repeats are allowed."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> Any:
        """Lend the type to another library."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """Lend the columns to another library, without copying; objects raise TypeError."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Lend the columns as a stream of one array."""

class BatchReader:
    """Batches of a foreign Arrow stream, read as they are asked for. Not thread safe."""

    def __iter__(self) -> BatchReader: ...
    def __next__(self) -> Batch: ...
    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns, known before the first batch is read."""

    def close(self) -> None:
        """Release the stream; the batches already read stay valid."""
