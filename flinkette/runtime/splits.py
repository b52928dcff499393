"""Where a reading subtask gets its splits: from the enumerator beside it, or by asking for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.source import SourceSplit, SplitEnumerator

__all__ = ["LocalSplits", "RequestedSplits", "Splits"]


class Splits(ABC):
    """The splits of one reader. Slot thread only; never waits."""

    @abstractmethod
    def next_split(self) -> SourceSplit | None:
        """Return the next split, or None if there is none now."""

    @abstractmethod
    def is_exhausted(self) -> bool:
        """Tell whether `next_split` will never again return one."""

    def is_asking(self) -> bool:
        """Tell whether an answer is on its way: the reader is not idle yet."""
        return False


class LocalSplits(Splits):
    """The enumerator is in this process."""

    def __init__(self, enumerator: SplitEnumerator, reader_index: int) -> None:
        self._enumerator = enumerator
        self._reader_index = reader_index

    def next_split(self) -> SourceSplit | None:
        return self._enumerator.next_split(self._reader_index)

    def is_exhausted(self) -> bool:
        return self._enumerator.is_exhausted()


class RequestedSplits(Splits):
    """The enumerator is with the job's master: one question at a time, answers come as mail.

    After an answer without a split the master answers again, unasked, when it has one.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._is_asking = False
        self._is_told_to_wait = False
        self._is_exhausted = False
        self._assigned: deque[SourceSplit] = deque()

    def next_split(self) -> SourceSplit | None:
        if self._assigned:
            return self._assigned.popleft()
        if not (self._is_asking or self._is_told_to_wait or self._is_exhausted):
            self._is_asking = True
            self._ask()
        return None

    def is_exhausted(self) -> bool:
        return self._is_exhausted and not self._assigned

    def is_asking(self) -> bool:
        return self._is_asking

    def answer(self, split: SourceSplit | None, *, is_exhausted: bool) -> None:
        """Take the master's answer."""
        self._is_asking = False
        self._is_exhausted = is_exhausted
        self._is_told_to_wait = split is None
        if split is not None:
            self._assigned.append(split)
