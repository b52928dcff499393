"""CloseableIterator: the rows of a running job, in the calling program."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from flinkette.client.embedded import EmbeddedJob
    from flinkette.connectors.collect import CollectBuffer

__all__ = ["CloseableIterator"]


class CloseableIterator:
    """Iterates over the rows of a stream and advances its job as rows are asked for.

    Made by `DataStream.execute_and_collect`. Not thread safe. Closing ends the job.

    Parameters
    ----------
    job : EmbeddedJob
        Advanced by `step` until there is a row.
    buffer : CollectBuffer
        What the job's sink writes to.
    """

    def __init__(self, job: EmbeddedJob, buffer: CollectBuffer) -> None:
        self._job: EmbeddedJob | None = job
        self._buffer = buffer
        self._rows: deque[Any] = deque()

    def __iter__(self) -> CloseableIterator:
        return self

    def __next__(self) -> Any:
        return self.next()

    def __enter__(self) -> CloseableIterator:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()

    def next(self) -> Any:
        """Return the next row, running the job until there is one.

        Returns
        -------
        object
            The row.

        Raises
        ------
        StopIteration
            If the job has ended and every row was returned, or the iterator was closed.
        Exception
            Whatever made the job fail.
        """
        while not self._rows:
            if not self._fill():
                raise StopIteration("No more data.")
        return self._rows.popleft()

    def close(self) -> None:
        """End the job and drop the rows that were not read; closing twice is allowed."""
        job, self._job = self._job, None
        self._rows.clear()
        if job is not None:
            job.close()

    def _fill(self) -> bool:
        """Take waiting rows, advancing the job; False when there will be none."""
        job = self._job
        if job is None:
            return False
        while (rows := self._buffer.take()) is None:
            try:
                is_running = job.step()
            except BaseException:
                self.close()
                raise
            if not is_running:
                self._rows.extend(self._buffer.take_all())
                self._job = None
                job.close()
                return bool(self._rows)
        self._rows.extend(rows)
        return True
