"""NumberSequenceSource: the integers of a range, split evenly over the readers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.connectors.split_queue import PinnedSplits, restored_splits
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.source import Fetched, Source, SourceSplit, SplitReader

if TYPE_CHECKING:
    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["NumberSequenceReader", "NumberSequenceSource", "NumberSequenceSplit", "even_ranges"]

LONG_MIN = -(1 << 63)
LONG_MAX = (1 << 63) - 1


def even_ranges(start: int, end: int, parts: int) -> list[tuple[int, int]]:
    """Cut the numbers `start` to `end`, both inclusive, into at most `parts` ranges.

    Parameters
    ----------
    start, end
        Bounds; `end` below `start` means no numbers.
    parts
        Ranges wanted (>= 1).

    Returns
    -------
    list of (int, int)
        Inclusive ranges in order, none empty, the first ones longer by one where it does not come
        out even.

    Examples
    --------
    >>> even_ranges(1, 3, 2)
    [(1, 2), (3, 3)]
    """
    base, extra = divmod(max(0, end - start + 1), parts)
    firsts = [start + part * base + min(part, extra) for part in range(parts + 1)]
    return [(first, following - 1) for first, following in pairwise(firsts) if first < following]


@dataclass(frozen=True)
class NumberSequenceSplit(SourceSplit):
    """The integers `start` to `end`, both inclusive; `position` is the next one to read."""

    start: int = 0
    end: int = -1
    position: int | None = None


class NumberSequenceSource(Source):
    """The integers from `start` to `end` in order, in as many sub-ranges as there are readers.

    Parameters
    ----------
    start
        First number.
    end
        Last number, inclusive; at least `start`.

    Raises
    ------
    InvalidPipelineError
        If `end` is below `start` or a bound does not fit 64 bits.

    Notes
    -----
    Each sub-range is read in order by one subtask; with parallelism 1 the whole sequence is in
    order.

    Examples
    --------
    >>> NumberSequenceSource(1, 3).end
    3
    """

    def __init__(self, start: int, end: int) -> None:
        for name, bound in (("start", start), ("end", end)):
            if isinstance(bound, bool) or not isinstance(bound, int):
                raise InvalidTypeError(
                    f"NumberSequenceSource: {name} is {bound!r}, which is not an int; "
                    "pass two whole numbers"
                )
            if not LONG_MIN <= bound <= LONG_MAX:
                raise InvalidPipelineError(
                    f"NumberSequenceSource: {name} {bound} does not fit 64 bits; "
                    "split the range into several sources"
                )
        if start > end:
            raise InvalidPipelineError(
                f"NumberSequenceSource: start {start} is above end {end}; "
                "both bounds are inclusive and start comes first"
            )
        self.start = start
        self.end = end

    def produced_type(self) -> TypeInformation:
        """Return LONG."""
        from flinkette.contracts.typeinfo import Types

        return Types.LONG()

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Cut the sequence into one range per reader."""
        ranges = even_ranges(self.start, self.end, parallelism)
        splits = [
            NumberSequenceSplit(f"numbers-{index}", start=start, end=end)
            for index, (start, end) in enumerate(ranges)
        ]
        return PinnedSplits(splits, parallelism)

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on with the ranges that nobody had when the snapshot was taken."""
        return PinnedSplits(restored_splits(NumberSequenceSplit, snapshot), parallelism)

    def create_reader(self, context: ReaderContext) -> NumberSequenceReader:
        """Make the reader of one subtask."""
        return NumberSequenceReader()


class NumberSequenceReader(SplitReader):
    """Counts; the position is the next number."""

    def __init__(self) -> None:
        self._split: NumberSequenceSplit | None = None
        self._next = 0

    def add_split(self, split: SourceSplit) -> None:
        """Start at the split's position, or at its first number."""
        assert isinstance(split, NumberSequenceSplit)
        self._split = split
        self._next = split.start if split.position is None else split.position

    def poll(self, max_rows: int) -> Fetched | None:
        """Return the next numbers."""
        split = self._split
        if split is None:
            return None
        stop = min(self._next + max_rows, split.end + 1)
        batch = Batch.from_objects(list(range(self._next, stop))) if stop > self._next else None
        self._next = stop
        is_end = stop > split.end
        if is_end:
            self._split = None
        return Fetched(split.split_id, batch, stop, is_end)
