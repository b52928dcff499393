"""What a connector's writing side implements: sink and sink writer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["Sink", "SinkContext", "SinkWriter"]


@dataclass(frozen=True)
class SinkContext:
    """What a writer is told about the subtask it runs in."""

    subtask_index: int
    parallelism: int
    input_type: TypeInformation | None
    """Declared type of the rows; None for plain Python objects."""
    now_ms: Callable[[], int]
    """Wall clock in ms; injected, so tests are deterministic."""


class SinkWriter(ABC):
    """Writes the rows of one subtask, in the subtask's thread.

    Life: `write` any number of times, then exactly one of `finish` (all rows were given: make
    them visible) and `abort` (the job failed or was cancelled: leave nothing half-written).
    """

    def is_ready(self) -> bool:
        """Tell whether `write` may be called now; False pauses the job's upstream part."""
        return True

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Take a batch of rows. The writer keeps no reference to it after returning.

        What it has to keep, it keeps as Arrow or as objects, or as `flinkette._native.lent.retain`
        of it: the batch may lie in memory that another process waits for.
        """

    def flush(self) -> None:
        """Hand on what is buffered; called when the input is idle and at checkpoints."""

    def finish(self) -> None:
        """Commit everything written. Called once at the end of a bounded input or on stop."""

    def abort(self) -> None:
        """Drop what was not committed. Must not raise for files that are already gone."""


class Sink(ABC):
    """A place rows go to. Plain data that can be pickled; opens nothing before `create_writer`."""

    @property
    def is_parallel(self) -> bool:
        """False: one subtask alone writes, whatever the parallelism (one-file sinks)."""
        return True

    @abstractmethod
    def create_writer(self, context: SinkContext) -> SinkWriter:
        """Make the writer of one subtask; raises if the target cannot be written."""
