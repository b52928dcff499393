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


SPLIT_ROWS = 1 << 16
"""Rows that a subtask reads before another one's turn comes."""


@dataclass(frozen=True)
class ArrowSplit(SourceSplit):
    """Rows `start` to `stop` - 1; `position` is the number of them that were delivered."""

    position: int = 0
    start: int = 0
    stop: int | None = None
    """None: to the end."""


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
    or polars table in turns of `SPLIT_ROWS` rows; anything else is read by one.
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
        starts = range(0, len(self._data), SPLIT_ROWS)
        splits = [
            ArrowSplit(f"rows from {start}", start=start, stop=start + SPLIT_ROWS)
            for start in starts
        ]
        return PinnedSplits(splits, parallelism)

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on as the snapshot says."""
        return SplitQueue(restored_splits(ArrowSplit, snapshot))

    def create_reader(self, context: ReaderContext) -> ArrowReader:
        """Make the reader of one subtask."""
        return ArrowReader(self)

    def batches(self, max_rows: int, rows: tuple[int, int] | None = None) -> Iterator[Batch]:
        """Return the chunks from the first row; small ones of a table joined.

        Parameters
        ----------
        max_rows
            Rows of a whole batch.
        rows
            First row and the one after the last, of a table; all if not given.
        """
        data = self._data if rows is None else self._data.slice(rows[0], rows[1] - rows[0])
        if self._is_read_once and self._was_read:
            raise SourceError(
                "from_arrow: the RecordBatchReader was read already, and can be read only once; "
                "pass a table, or a new reader for each job"
            )
        self._was_read = True
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
        rows = None if split.stop is None else (split.start, split.stop)
        return self._source.batches(max_rows, rows)


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


def _without_rows(data: Any) -> Any:
    """Return the same columns without rows; None if they may be known only by reading the data."""
    library = type(data).__module__.partition(".")[0]
    if library == "pyarrow":
        schema = getattr(data, "schema", None)
        return data.slice(0, 0) if schema is None else schema.empty_table()
    return data.clear() if library == "polars" else None
