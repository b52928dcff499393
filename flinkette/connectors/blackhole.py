"""BlackholeSink: takes every row and keeps none; for measuring what comes before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.sink import Sink, SinkWriter

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.contracts.sink import SinkContext

__all__ = ["BlackholeSink", "BlackholeWriter"]


class BlackholeSink(Sink):
    """Counts rows and drops them.

    Examples
    --------
    >>> BlackholeSink().num_rows
    0
    """

    def __init__(self) -> None:
        self._writers: list[BlackholeWriter] = []

    @property
    def num_rows(self) -> int:
        """Rows taken so far by the writers made in this process."""
        return sum(writer.num_rows for writer in self._writers)

    def create_writer(self, context: SinkContext) -> BlackholeWriter:
        """Make the writer of one subtask."""
        writer = BlackholeWriter()
        self._writers.append(writer)
        return writer

    def __getstate__(self) -> dict[str, object]:
        """Leave the counts at home: they belong to this process."""
        return {"_writers": []}


class BlackholeWriter(SinkWriter):
    """Counts the rows of one subtask."""

    def __init__(self) -> None:
        self.num_rows = 0

    def write(self, batch: Batch) -> None:
        """Count the rows."""
        self.num_rows += batch.num_rows
