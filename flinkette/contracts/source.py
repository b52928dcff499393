"""What a connector's reading side implements: source, split enumerator, split reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["Fetched", "ReaderContext", "Source", "SourceSplit", "SplitEnumerator", "SplitReader"]


@dataclass(frozen=True)
class SourceSplit:
    """A part of a source that one reader reads alone; subclasses add fields with defaults only.

    `split_id` is unique within the source and stable from run to run. `version` is the layout of
    the subclass's fields in checkpoints.
    """

    split_id: str
    version: int = 1
    position: Any = None
    """Where reading goes on: None from the start, else a `Fetched.position` of this split."""


class Fetched(NamedTuple):
    """What one `poll` returned: rows of exactly one split and where reading goes on after them."""

    split_id: str
    batch: Batch | None
    position: Any
    is_split_end: bool = False
    rejected: list[Any] | None = None
    """Malformed input rows, when the source's policy is "side-output": `MalformedRow` values."""


@dataclass(frozen=True)
class ReaderContext:
    """What a reader is told about the subtask it runs in."""

    subtask_index: int
    parallelism: int
    now_ms: Callable[[], int]
    """Wall clock in ms; injected, so tests are deterministic."""


class SplitEnumerator(ABC):
    """Coordinator side: decides which reader gets which split. A pure state machine, checkpointed.

    Called from one thread. Splits given to a reader belong to it until `add_splits_back`.
    """

    @abstractmethod
    def next_split(self, reader_index: int) -> SourceSplit | None:
        """Give a reader its next split, or None when there is none for it (now or ever)."""

    @abstractmethod
    def is_exhausted(self) -> bool:
        """Tell whether `next_split` will never again return a split."""

    def add_splits_back(self, splits: list[SourceSplit]) -> None:
        """Take back splits of a failed or removed reader, with the positions they carry."""
        raise NotImplementedError(f"{type(self).__name__} cannot take splits back")

    def snapshot(self) -> Any:
        """Return the state a later `restore_enumerator` goes on from; plain data, no pickles."""
        return None


class SplitReader(ABC):
    """Worker side: reads the splits assigned to one subtask, in the subtask's thread."""

    @abstractmethod
    def add_split(self, split: SourceSplit) -> None:
        """Take a split to read. Called only while the reader has fewer than `max_splits`."""

    @property
    def max_splits(self) -> int:
        """How many splits it reads at once; the next is requested when it has fewer."""
        return 1

    @abstractmethod
    def poll(self, max_rows: int) -> Fetched | None:
        """Read up to `max_rows` (>= 1) rows of one split; None when nothing can be read now.

        Must not block. The end of a split is announced once, with `is_split_end=True`, with or
        after its last rows.
        """

    def wait_fd(self) -> int | None:
        """Return a descriptor that becomes readable when `poll` has something, if there is one."""
        return None

    def next_poll_ms(self) -> int | None:
        """Return the wall-clock ms before which polling is useless (rate limits), if known."""
        return None

    def close(self) -> None:
        """Release files and sockets. Called once, also after a failure."""


class Source(ABC):
    """A source of rows in three parts: this description, its enumerator, its readers.

    A source object is plain data that can be pickled; it opens nothing before its enumerator or
    reader is made.
    """

    is_bounded: bool = True
    """Whether the input ends."""

    is_parallel: bool = True
    """False: one subtask alone reads it, whatever the parallelism (collections, sockets)."""

    def produced_type(self) -> TypeInformation | None:
        """Type of the rows, when the source knows it; None for plain Python objects."""
        return None

    @abstractmethod
    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Make the enumerator for a job that reads with `parallelism` subtasks (>= 1)."""

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Make the enumerator that goes on from `snapshot`."""
        raise NotImplementedError(f"{type(self).__name__} cannot be restored")

    @abstractmethod
    def create_reader(self, context: ReaderContext) -> SplitReader:
        """Make the reader of one subtask."""
