"""PrintSink: rows as text on standard output, in Flink's formats."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flinkette.contracts.sink import Sink, SinkWriter
from flinkette.formats.text import print_prefix, row_text

if TYPE_CHECKING:
    from typing import TextIO

    from flinkette._native.batch import Batch
    from flinkette._native.text import RowText
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

    def create_writer(self, context: SinkContext) -> PrintWriter:
        """Make the writer of one subtask."""
        prefix = print_prefix(self.identifier, context.subtask_index, context.parallelism)
        return PrintWriter(prefix, row_text(context.input_type), to_stderr=self.to_stderr)


class PrintWriter(SinkWriter):
    """Writes the rows of one subtask, one `write` call per batch."""

    def __init__(self, prefix: str, row_text: RowText, *, to_stderr: bool) -> None:
        self._prefix = prefix
        self._row_text = row_text
        self._to_stderr = to_stderr

    @property
    def _stream(self) -> TextIO:
        stream = sys.stderr if self._to_stderr else sys.stdout
        # in a worker process, what users print is marked with the subtask; rows are not
        rows: TextIO = getattr(stream, "rows", stream)
        return rows

    def write(self, batch: Batch) -> None:
        """Print the rows."""
        if batch.num_rows:
            self._stream.write(self._row_text.lines(batch.objects(), self._prefix))

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def finish(self) -> None:
        """Flush the stream."""
        self._stream.flush()
