"""PrintSink: rows as text on standard output, in Flink's formats."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flinkette.contracts.sink import Sink, SinkWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    from flinkette._native.batch import Batch
    from flinkette.contracts.sink import SinkContext

__all__ = ["PrintSink", "PrintWriter"]


class PrintSink(Sink):
    """Prints each row on a line of its own.

    Parameters
    ----------
    identifier
        Put before each row.
    to_stderr
        Print to standard error instead of standard output.

    Notes
    -----
    With parallelism above 1 the number of the subtask, counted from 1, comes before the row:
    ``3> row``, ``identifier:3> row``; with parallelism 1 ``row`` or ``identifier> row``. The stream
    is looked up at each batch, so redirecting `sys.stdout` works while a job runs.
    """

    def __init__(self, identifier: str | None = None, to_stderr: bool = False) -> None:  # noqa: FBT001, FBT002 - as Flink
        self.identifier = identifier
        self.to_stderr = to_stderr

    def prefix(self, subtask_index: int, parallelism: int) -> str:
        """Return what comes before each row of a subtask."""
        parts = [self.identifier] if self.identifier else []
        if parallelism > 1:
            parts.append(str(subtask_index + 1))
        return f"{':'.join(parts)}> " if parts else ""

    def create_writer(self, context: SinkContext) -> PrintWriter:
        """Make the writer of one subtask."""
        prefix = self.prefix(context.subtask_index, context.parallelism)
        return PrintWriter(prefix, str, to_stderr=self.to_stderr)


class PrintWriter(SinkWriter):
    """Writes the rows of one subtask, one `write` call per batch."""

    def __init__(self, prefix: str, text_of: Callable[[Any], str], *, to_stderr: bool) -> None:
        self._prefix = prefix
        self._separator = f"\n{prefix}"
        self._text_of = text_of
        self._to_stderr = to_stderr

    @property
    def _stream(self) -> TextIO:
        return sys.stderr if self._to_stderr else sys.stdout

    def write(self, batch: Batch) -> None:
        """Print the rows."""
        if batch.num_rows:
            lines = self._separator.join(map(self._text_of, batch.objects()))
            self._stream.write(f"{self._prefix}{lines}\n")

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def finish(self) -> None:
        """Flush the stream."""
        self._stream.flush()
