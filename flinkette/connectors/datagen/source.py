"""DataGeneratorSource: rows computed from their index, at a given rate if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from operator import length_hint
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.connectors.datagen.fields import FieldSpec
from flinkette.connectors.number_sequence import LONG_MAX, even_ranges
from flinkette.connectors.split_queue import PinnedSplits, restored_splits
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    UserFunctionError,
)
from flinkette.contracts.source import Fetched, Source, SourceSplit, SplitReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["DataGeneratorReader", "DataGeneratorSource", "DataGeneratorSplit"]

MAX_BURST_MS = 1000


@dataclass(frozen=True)
class DataGeneratorSplit(SourceSplit):
    """The row indexes from `start` to below `stop`; `position` is the next one."""

    start: int = 0
    stop: int = 0
    position: int | None = None


class DataGeneratorSource(Source):
    """Rows made from their index 0, 1, 2 and so on.

    Parameters
    ----------
    generator
        A function of the row's index that returns the row, or field specifications by name (see
        `flinkette.connectors.datagen.fields`), which make columns.
    number_of_rows
        Rows in all; None: as many as the shortest sequence field has, else no end.
    rows_per_second
        Rows per second of all subtasks together; None: as fast as the job takes them.
    type_info
        Declared type of the rows of a generator function.
    seed
        Seed of random fields; the same seed gives the same rows.

    Notes
    -----
    Indexes are dealt out in ranges, one per subtask. After a pause of the job at most one second's
    rows come at once.

    Examples
    --------
    >>> DataGeneratorSource(lambda index: index * index, 10).is_bounded
    True
    """

    def __init__(
        self,
        generator: Callable[[int], Any] | Mapping[str, FieldSpec],
        number_of_rows: int | None = None,
        rows_per_second: float | None = None,
        type_info: TypeInformation | None = None,
        *,
        seed: int = 0,
    ) -> None:
        if number_of_rows is not None and number_of_rows < 0:
            raise InvalidPipelineError(f"datagen: number_of_rows {number_of_rows} is below 0")
        if rows_per_second is not None and not rows_per_second > 0:
            raise InvalidPipelineError(
                f"datagen: rows_per_second {rows_per_second} is not above 0; "
                "leave it out for no limit"
            )
        self.generate: Callable[[int], Any] | None = None
        self.fields: dict[str, FieldSpec] = {}
        if callable(generator):
            self.generate = generator
        else:
            self.fields = dict(generator)
            _check_fields(self.fields)
        ends = [field.num_rows for field in self.fields.values() if field.num_rows is not None]
        if number_of_rows is not None:
            ends.append(number_of_rows)
        self.number_of_rows = min(ends) if ends else None
        self.is_bounded = self.number_of_rows is not None
        self.rows_per_second = rows_per_second
        self.type_info = type_info
        self.seed = seed

    def produced_type(self) -> TypeInformation | None:
        """Return the declared type."""
        return self.type_info

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Deal the indexes out, one range per reader."""
        last = LONG_MAX - 1 if self.number_of_rows is None else self.number_of_rows - 1
        splits = [
            DataGeneratorSplit(f"datagen-{index}", start=start, stop=end + 1)
            for index, (start, end) in enumerate(even_ranges(0, last, parallelism))
        ]
        return PinnedSplits(splits, parallelism)

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on with the ranges that nobody had when the snapshot was taken."""
        return PinnedSplits(restored_splits(DataGeneratorSplit, snapshot), parallelism)

    def create_reader(self, context: ReaderContext) -> DataGeneratorReader:
        """Make the reader of one subtask."""
        return DataGeneratorReader(self, context)

    def rows(self, start: int, stop: int) -> Batch:
        """Make the rows `start` to `stop` - 1."""
        if self.generate is None:
            import pyarrow

            arrays = [
                field.column(start, stop, self.seed, lane)
                for lane, field in enumerate(self.fields.values())
            ]
            return Batch.from_arrow(
                pyarrow.RecordBatch.from_arrays(arrays, names=list(self.fields))
            )
        indexes = iter(range(start, stop))
        try:
            return Batch.from_objects(list(map(self.generate, indexes)))
        except Exception as error:
            index = stop - 1 - length_hint(indexes)
            raise UserFunctionError(
                f"datagen: the generator function raised {type(error).__name__} for the row with "
                f"index {index}: {error}",
                operator="datagen",
                value_text=str(index),
            ) from error


class DataGeneratorReader(SplitReader):
    """Makes the rows of its range as the rate allows."""

    def __init__(self, source: DataGeneratorSource, context: ReaderContext) -> None:
        self._source = source
        self._now_ms = context.now_ms
        rate = source.rows_per_second
        self._rows_per_ms = None if rate is None else rate / context.parallelism / 1000
        self._split: DataGeneratorSplit | None = None
        self._next = 0
        self._paid_until_ms = 0.0
        self._is_started = False
        self._due_ms: int | None = None

    def add_split(self, split: SourceSplit) -> None:
        """Start at the split's position."""
        assert isinstance(split, DataGeneratorSplit)
        self._split = split
        self._next = split.start if split.position is None else split.position

    def poll(self, max_rows: int) -> Fetched | None:
        """Return the next rows."""
        split = self._split
        if split is None:
            return None
        wanted = min(max_rows, split.stop - self._next)
        count = self._allowed(wanted)
        if count == 0 and wanted > 0:
            return None
        stop = self._next + count
        batch = self._source.rows(self._next, stop) if count else None
        self._next = stop
        if stop == split.stop:
            self._split = None
        return Fetched(split.split_id, batch, stop, is_split_end=stop == split.stop)

    def _allowed(self, wanted: int) -> int:
        """Return how many of the wanted rows are due, and count them as given."""
        if self._rows_per_ms is None:
            return wanted
        now = self._now_ms()
        if not self._is_started:
            self._is_started, self._paid_until_ms = True, now - 1 / self._rows_per_ms
        self._paid_until_ms = max(
            self._paid_until_ms, now - max(MAX_BURST_MS, 1 / self._rows_per_ms)
        )
        count = min(wanted, int((now - self._paid_until_ms) * self._rows_per_ms + 1e-9))
        self._paid_until_ms += count / self._rows_per_ms
        next_ms = self._paid_until_ms + 1 / self._rows_per_ms
        self._due_ms = None if count == wanted and next_ms <= now else -int(-next_ms // 1)
        return count

    def next_poll_ms(self) -> int | None:
        """Return when the next row is due."""
        return self._due_ms


def _check_fields(fields: dict[str, FieldSpec]) -> None:
    if not fields:
        raise InvalidPipelineError("datagen: there are no fields; name at least one")
    for name, field in fields.items():
        if not isinstance(field, FieldSpec):
            raise InvalidTypeError(
                f"datagen: field {name!r} is {field!r}, which is no field specification; use "
                "SequenceField(…), RandomInt(…), RandomFloat(…), RandomString(…), RandomBool(…) or "
                "RandomChoice(…)"
            )
