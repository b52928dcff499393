"""ArrowSource: a table that is in memory already, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.connectors.split_queue import SplitQueue, restored_splits
from flinkette.contracts.errors import InvalidTypeError, SourceError
from flinkette.contracts.source import Fetched, Source, SourceSplit, SplitReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flinkette.contracts.source import ReaderContext, SplitEnumerator

__all__ = ["ArrowReader", "ArrowSource", "ArrowSplit"]


@dataclass(frozen=True)
class ArrowSplit(SourceSplit):
    """The whole table; `position` is the number of rows that were delivered."""

    position: int = 0


class ArrowSource(Source):
    """The rows of a table in this process, in order, on one subtask; columns are not copied.

    Parameters
    ----------
    data
        A pyarrow Table, RecordBatch or RecordBatchReader, a polars or pandas DataFrame, or anything
        else with `__arrow_c_stream__` or `__arrow_c_array__`.

    Raises
    ------
    InvalidTypeError
        If `data` is none of these.

    Notes
    -----
    A RecordBatchReader can be read once only. A pandas index is left out.
    """

    is_parallel = False

    def __init__(self, data: Any) -> None:
        self._data = _with_capsules(data)
        self._is_read_once = type(data).__name__ == "RecordBatchReader"
        self._was_read = False

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Make one split of the whole table."""
        return SplitQueue([ArrowSplit("table")])

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on as the snapshot says."""
        return SplitQueue(restored_splits(ArrowSplit, snapshot))

    def create_reader(self, context: ReaderContext) -> ArrowReader:
        """Make the reader of one subtask."""
        return ArrowReader(self)

    def batches(self) -> Iterator[Batch]:
        """Return the table's chunks from the first."""
        if self._is_read_once and self._was_read:
            raise SourceError(
                "from_arrow: the RecordBatchReader was read already, and can be read only once; "
                "pass a table, or a new reader for each job"
            )
        self._was_read = True
        if hasattr(self._data, "__arrow_c_stream__"):
            return iter(Batch.from_arrow_stream(self._data))
        return iter([Batch.from_arrow(self._data)])


class ArrowReader(SplitReader):
    """Slices the table's chunks."""

    def __init__(self, source: ArrowSource) -> None:
        self._source = source
        self._split: ArrowSplit | None = None
        self._chunks: Iterator[Batch] = iter(())
        self._chunk: Batch | None = None
        self._start = 0
        self._position = 0
        self._to_skip = 0

    def add_split(self, split: SourceSplit) -> None:
        """Start at the split's position."""
        assert isinstance(split, ArrowSplit)
        self._split = split
        self._chunks = self._source.batches()
        self._chunk = None
        self._position = self._to_skip = split.position

    def poll(self, max_rows: int) -> Fetched | None:
        """Return the next rows."""
        split = self._split
        if split is None:
            return None
        if self._chunk is None and not self._load_chunk():
            self.close()
            return Fetched(split.split_id, None, self._position, is_split_end=True)
        chunk = self._chunk
        assert chunk is not None
        stop = min(self._start + max_rows, chunk.num_rows)
        rows = chunk.slice(self._start, stop)
        self._position += stop - self._start
        self._start = stop
        if stop == chunk.num_rows:
            self._chunk = None
        return Fetched(split.split_id, rows, self._position)

    def _load_chunk(self) -> bool:
        for chunk in self._chunks:
            if chunk.num_rows > self._to_skip:
                self._chunk, self._start, self._to_skip = chunk, self._to_skip, 0
                return True
            self._to_skip -= chunk.num_rows
        return False

    def close(self) -> None:
        """Let go of the table's chunks."""
        self._split, self._chunks, self._chunk = None, iter(()), None


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
