"""The two ways splits that are known from the start go to readers: on demand, or one list each."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flinkette.contracts.source import SplitEnumerator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.contracts.source import SourceSplit

__all__ = ["PinnedSplits", "SplitQueue", "restored_splits"]


class SplitQueue(SplitEnumerator):
    """Gives the next split to whichever reader asks first: good for splits of unknown size.

    Parameters
    ----------
    splits
        In the order in which they are handed out.
    """

    def __init__(self, splits: Iterable[SourceSplit]) -> None:
        self._splits: deque[SourceSplit] = deque(splits)

    def next_split(self, reader_index: int) -> SourceSplit | None:
        """Give the first split that nobody has yet."""
        return self._splits.popleft() if self._splits else None

    def is_exhausted(self) -> bool:
        """Tell whether every split was given out."""
        return not self._splits

    def add_splits_back(self, splits: list[SourceSplit]) -> None:
        """Put splits at the front again, in the order given."""
        self._splits.extendleft(reversed(splits))

    def snapshot(self) -> list[dict[str, Any]]:
        """Return the fields of the splits that nobody has yet."""
        return [asdict(split) for split in self._splits]


class PinnedSplits(SplitEnumerator):
    """Split i belongs to reader i modulo the parallelism, whoever asks first.

    For splits of equal size (number ranges, generators): the rows of a subtask do not depend on
    the order in which subtasks happen to start. Splits taken back go to whoever asks.

    Parameters
    ----------
    splits
        Split i goes to reader i modulo `parallelism`.
    parallelism
        Number of readers (>= 1).
    """

    def __init__(self, splits: Iterable[SourceSplit], parallelism: int) -> None:
        self._of_reader: list[deque[SourceSplit]] = [deque() for _ in range(parallelism)]
        for index, split in enumerate(splits):
            self._of_reader[index % parallelism].append(split)
        self._returned: deque[SourceSplit] = deque()

    def next_split(self, reader_index: int) -> SourceSplit | None:
        """Give the reader's own next split, then splits that others gave back."""
        own = self._of_reader[reader_index]
        if own:
            return own.popleft()
        return self._returned.popleft() if self._returned else None

    def is_exhausted(self) -> bool:
        """Tell whether every split was given out."""
        return not self._returned and not any(self._of_reader)

    def add_splits_back(self, splits: list[SourceSplit]) -> None:
        """Offer splits to any reader."""
        self._returned.extend(splits)

    def snapshot(self) -> list[dict[str, Any]]:
        """Return the fields of the splits that nobody has yet."""
        waiting = [*self._returned, *(split for own in self._of_reader for split in own)]
        return [asdict(split) for split in waiting]


def restored_splits(split_type: type[SourceSplit], snapshot: list[dict[str, Any]]) -> list[Any]:
    """Make splits of `split_type` from the fields that `snapshot` of an enumerator returned.

    Parameters
    ----------
    split_type
        Class of the splits; fields added since the snapshot take their defaults.
    snapshot
        What `SplitQueue.snapshot` or `PinnedSplits.snapshot` returned.

    Returns
    -------
    list
        The splits, in order.
    """
    return [split_type(**fields) for fields in snapshot]
