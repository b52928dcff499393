"""ArrowSource: columns that are in memory already, or come as an Arrow stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.connectors.chunks import ChunkReader
from flinkette.connectors.split_queue import PinnedSplits, SplitQueue, restored_splits
from flinkette.contracts.errors import InvalidTypeError, SourceError
from flinkette.contracts.source import Source, SourceSplit
from flinkette.formats.column_types import cast_columns, type_of_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["ArrowReader", "ArrowSource", "ArrowSplit"]


TURN_ROWS = 1 << 16
"""Rows that a subtask reads before another one's turn comes."""
FREE_PARENT_SHARE = 1.25
"""A view of a table travels with all memory it refers to, up to this many times its own."""


@dataclass(frozen=True)
class ArrowSplit(SourceSplit):
    """Every so-many-th turn of a table; `position` is the number of rows that were delivered."""

    position: int = 0
    turn: int = 0
    """Number of the first turn."""
    step: int | None = None
    """Number of turns to the next one; None: the whole table is one turn."""


class ArrowSource(Source):
    """The rows of a table in this process, in order; columns are not copied.

    Parameters
    ----------
    data
        A pyarrow Table, RecordBatch or RecordBatchReader, a polars or pandas DataFrame, or anything
        else with `__arrow_c_stream__` or `__arrow_c_array__`.
    row_type
        Type of the rows; columns of another type are converted. As the columns are if not given.

    Raises
    ------
    InvalidTypeError
        If `data` is none of these.

    Notes
    -----
    A RecordBatchReader can be read once only. A pandas index is left out. Neighbouring chunks of a
    table that are much smaller than a batch are copied into one. Several subtasks read a pyarrow
    or polars table in turns of `TURN_ROWS` rows; anything else is read by one.
    """

    def __init__(self, data: Any, row_type: TypeInformation | None = None) -> None:
        self._data = _with_capsules(data)
        self._row_type = row_type
        self._is_read_once = type(data).__name__ == "RecordBatchReader"
        self._was_read = False
        self._is_table = not self._is_read_once and _is_table(self._data)

    @property
    def is_parallel(self) -> bool:  # type: ignore[override]
        """Whether several subtasks can read it."""
        return self._is_table

    def produced_type(self) -> TypeInformation | None:
        """Return the declared type of the rows, or the columns' own; None if it is not known."""
        if self._row_type is not None:
            return self._row_type
        empty = _without_rows(self._data)
        return None if empty is None else type_of_columns(Batch.from_arrow(empty))

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Make one split of the whole table, or several that subtasks read in turn."""
        if parallelism == 1:
            return SplitQueue([ArrowSplit("table")])
        splits = [
            ArrowSplit(f"turn {turn} of {parallelism}", turn=turn, step=parallelism)
            for turn in range(parallelism)
        ]
        return PinnedSplits(splits, parallelism)

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on as the snapshot says."""
        return SplitQueue(restored_splits(ArrowSplit, snapshot))

    def create_reader(self, context: ReaderContext) -> ArrowReader:
        """Make the reader of one subtask."""
        return ArrowReader(self)

    def turns(self, max_rows: int, first: int, step: int) -> Iterator[Batch]:
        """Return every `step`-th turn of a table, from number `first`, in batches."""
        for start in range(first * TURN_ROWS, len(self._data), step * TURN_ROWS):
            yield from self._batches_of(self._data.slice(start, TURN_ROWS), max_rows)

    def batches(self, max_rows: int) -> Iterator[Batch]:
        """Return the chunks from the first row; small ones of a table joined.

        Parameters
        ----------
        max_rows
            Rows of a whole batch.
        """
        if self._is_read_once and self._was_read:
            raise SourceError(
                "from_arrow: the RecordBatchReader was read already, and can be read only once; "
                "pass a table, or a new reader for each job"
            )
        self._was_read = True
        return self._batches_of(self._data, max_rows)

    def __getstate__(self) -> dict[str, Any]:
        """Leave at home what a view of a larger table does not show."""
        return {**vars(self), "_data": _compact(self._data)}

    def _batches_of(self, data: Any, max_rows: int) -> Iterator[Batch]:
        chunks: Iterable[Batch]
        if not hasattr(data, "__arrow_c_stream__"):
            chunks = [Batch.from_arrow(data)]
        else:
            chunks = Batch.from_arrow_stream(data)
            if self._is_table:
                # of a stream, a chunk is handed on as it comes: the next may take its time
                chunks = joined(chunks, max_rows)
        if self._row_type is None:
            return iter(chunks)
        return (cast_columns(chunk, self._row_type, "from_arrow") for chunk in chunks)


def joined(chunks: Iterable[Batch], max_rows: int) -> Iterator[Batch]:
    """Copy neighbouring small chunks into batches of half of `max_rows` rows.

    Small is up to an eighth. So far a pass of a batch through a job costs more than copying
    its rows: with chunks of 256 rows a map_batches took 98 ns a row alone and 31 joined, with 1,024
    rows 24 and 14, with 2,048 the same. Chunks with a dictionary stay alone: dictionaries would
    have to be copied, too.
    """
    small: list[Batch] = []
    num_small = 0
    for chunk in chunks:
        is_small = chunk.num_rows <= max_rows // 8 and not has_dictionary(chunk)
        if is_small:
            small.append(chunk)
            num_small += chunk.num_rows
        if small and (not is_small or num_small >= max_rows // 2):
            yield Batch.concat(small)
            small, num_small = [], 0
        if not is_small:
            yield chunk
    if small:
        yield Batch.concat(small)


def has_dictionary(batch: Batch) -> bool:
    """Tell whether a column holds indices into a dictionary."""
    return any(column.type_name.startswith("dictionary<") for column in batch.columns or ())


class ArrowReader(ChunkReader):
    """Slices the table's chunks."""

    def __init__(self, source: ArrowSource) -> None:
        super().__init__()
        self._source = source

    def chunks(self, split: SourceSplit, max_rows: int) -> Iterator[Batch]:
        """Return the rows of the split."""
        assert isinstance(split, ArrowSplit)
        if split.step is None:
            return self._source.batches(max_rows)
        return self._source.turns(max_rows, split.turn, split.step)


def _with_capsules(data: Any) -> Any:
    if type(data).__module__.partition(".")[0] == "pandas":
        import pyarrow

        return pyarrow.Table.from_pandas(data, preserve_index=False)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return data
    raise InvalidTypeError(
        f"from_arrow: a {type(data).__module__}.{type(data).__qualname__} is not a table; pass a "
        "pyarrow Table or RecordBatchReader, or a polars or pandas DataFrame"
    )


def _is_table(data: Any) -> bool:
    """Tell whether the rows are in memory and any of them can be read at any time."""
    library = type(data).__module__.partition(".")[0]
    is_array = hasattr(data, "__arrow_c_array__") and not hasattr(data, "schema")
    return library in ("pyarrow", "polars") and hasattr(data, "slice") and not is_array


def _compact(data: Any) -> Any:
    """Copy a view of a small part of a pyarrow table: pickled, it would bring all of the table."""
    if type(data).__module__.partition(".")[0] != "pyarrow" or not hasattr(data, "nbytes"):
        return data
    if data.get_total_buffer_size() <= FREE_PARENT_SHARE * data.nbytes:
        return data
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, data.schema) as writer:
        writer.write(data)
    with pyarrow.ipc.open_stream(sink.getvalue()) as reader:
        if isinstance(data, pyarrow.Table):
            return reader.read_all()
        return reader.read_next_batch()


def _without_rows(data: Any) -> Any:
    """Return the same columns without rows; None if they may be known only by reading the data."""
    library = type(data).__module__.partition(".")[0]
    if library == "pyarrow":
        schema = getattr(data, "schema", None)
        return data.slice(0, 0) if schema is None else schema.empty_table()
    return data.clear() if library == "polars" else None
