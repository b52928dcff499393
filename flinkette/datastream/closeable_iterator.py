"""CloseableIterator: the rows of a running job, in the calling program."""

from __future__ import annotations

from operator import length_hint
from typing import TYPE_CHECKING, Any

from flinkette.datastream.checks import require_int

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    import pandas
    import pyarrow

    from flinkette._native.batch import Batch
    from flinkette.client.job import Job
    from flinkette.connectors.collect import CollectBuffer
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["CloseableIterator"]


class CloseableIterator:
    """Iterates over the rows of a stream and advances its job as rows are asked for.

    Made by `DataStream.execute_and_collect`. Not thread safe. Closing ends the job. Rows come as
    Python objects by iteration, or as columns (flinkette only): `to_arrow`, `to_pandas`,
    `to_batches`, and the Arrow PyCapsule interface, so that ``polars.from_arrow(rows)`` works.
    Columns of the stream are handed over as they are, without a copy and without Python objects.

    Parameters
    ----------
    job : Job
        Advanced by `step` until there is a batch.
    buffer : CollectBuffer
        What the job's sink writes to.
    row_type : TypeInformation, optional
        Declared type of the rows.

    Examples
    --------
    >>> from flinkette.common import Types
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> pair = Types.ROW_NAMED(["k", "v"], [Types.STRING(), Types.LONG()])
    >>> rows = env.from_collection([("a", 1), ("b", 2)], pair).execute_and_collect()
    >>> rows.to_arrow().to_pydict()
    {'k': ['a', 'b'], 'v': [1, 2]}
    """

    def __init__(
        self, job: Job, buffer: CollectBuffer, row_type: TypeInformation | None = None
    ) -> None:
        self._job: Job | None = job
        self._buffer = buffer
        self._row_type = row_type
        self._batch: Batch | None = None
        self._rows: Iterator[Any] = iter(())
        self._num_taken = 0  # rows of all batches taken so far

    def __iter__(self) -> Iterator[Any]:
        """Iterate from where the last iteration stopped; all share one position."""
        while True:
            yield from self._rows  # in C: a call of __next__ per row would take ten times as long
            if not self._next_rows():
                return

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

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Lend the rows that are left to another library, read as it asks for them."""
        import pyarrow

        batches = self.to_batches()
        first = next(batches, None)
        if first is None:
            first = self._no_rows()
        reader = pyarrow.RecordBatchReader.from_batches(first.schema, _with_first(first, batches))
        return reader.__arrow_c_stream__(requested_schema)

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
        for row in self._rows:
            return row
        if not self._next_rows():
            raise StopIteration("No more data.")
        return next(self._rows)

    def to_batches(self) -> Iterator[pyarrow.RecordBatch]:
        """Iterate over the rows as Arrow record batches (flinkette only).

        The job advances as batches are asked for. All have the schema of the first.

        Yields
        ------
        pyarrow.RecordBatch
            The next rows, at least one. Columns of the stream share their memory with it. Python
            rows become columns of their declared type, or of the type that the first batch's values
            show; a single value becomes the column ``f0``.

        Raises
        ------
        RowConversionError
            If a row does not fit the columns; names the row.
        Exception
            Whatever made the job fail.
        """
        from flinkette.formats.result_batches import cast_batch

        schema = None
        for first_row, batch in self._record_batches():
            if schema is None:
                schema = batch.schema
            yield cast_batch(batch, schema, first_row)

    def to_arrow(self, limit: int | None = None) -> pyarrow.Table:
        """Run the job to its end and return the rows that are left as a table (flinkette only).

        Parameters
        ----------
        limit : int, optional
            Stop the job after this many rows (at least 1); all rows if not given, which a job
            without end never has.

        Returns
        -------
        pyarrow.Table
            A column for each field, ``f0`` for single values. Columns of the stream are handed over
            without a copy; rows that are Python objects become columns of their declared type, or
            of the type that all their values have. A result without rows has the declared columns.

        Raises
        ------
        RowConversionError
            If a row does not fit the columns; names the row.
        Exception
            Whatever made the job fail.

        Notes
        -----
        Row kinds and event times are left out.
        """
        from flinkette.formats.result_batches import joined_table

        if limit is not None:
            require_int("to_arrow", "limit", limit, least=1)
        batches: list[pyarrow.RecordBatch] = []
        num_left = limit
        try:
            for _, batch in self._record_batches():
                batches.append(batch if num_left is None else batch.slice(0, num_left))
                if num_left is not None:
                    num_left -= batches[-1].num_rows
                    if num_left == 0:
                        break
            return joined_table(batches or [self._no_rows()])
        finally:
            self.close()

    def to_pandas(self, limit: int | None = None) -> pandas.DataFrame:
        """Run the job to its end and return the rows that are left as pandas (flinkette only).

        Parameters
        ----------
        limit : int, optional
            As `to_arrow` takes it.

        Returns
        -------
        pandas.DataFrame
            A column for each field, as ``to_arrow().to_pandas()`` makes it.

        Raises
        ------
        RowConversionError
            If a row does not fit the columns; names the row.
        Exception
            Whatever made the job fail.
        """
        return self.to_arrow(limit).to_pandas()

    def close(self) -> None:
        """End the job and drop the rows that were not read; closing twice is allowed."""
        job, self._job = self._job, None
        self._rest_of_batch()
        try:
            if job is not None:
                job.close()
        finally:
            # at last: rows on their way from workers arrive while the job is closed
            self._buffer.clear()

    def _record_batches(self) -> Iterator[tuple[int, pyarrow.RecordBatch]]:
        """Take the rows that are left, each batch with the number of its first row."""
        from flinkette.formats.result_batches import ResultBatches

        converter = ResultBatches(self._row_type)
        batch = self._rest_of_batch()
        while batch is not None or (batch := self._take_batch()) is not None:
            first_row = self._num_taken - batch.num_rows
            yield first_row, converter.convert(batch, first_row)
            batch = None

    def _no_rows(self) -> pyarrow.RecordBatch:
        from flinkette.formats.result_batches import ResultBatches

        return ResultBatches(self._row_type).empty()

    def _next_rows(self) -> bool:
        """Make the next batch the one at hand, if all rows of this one were read."""
        if length_hint(self._rows):
            return True  # another iteration has gone on to a further batch
        batch = self._take_batch()
        if batch is None:
            return False
        self._batch, self._rows = batch, iter(batch.objects())
        return True

    def _rest_of_batch(self) -> Batch | None:
        """Take the rows of the batch at hand that iteration has not reached."""
        batch, self._batch = self._batch, None
        num_left = sum(1 for _ in self._rows)
        if batch is None or not num_left:
            return None
        return batch.slice(batch.num_rows - num_left, batch.num_rows)

    def _take_batch(self) -> Batch | None:
        """Take a waiting batch, advancing the job; None when there will be none."""
        while (batch := self._buffer.take()) is None:
            job = self._job
            if job is None:
                return None
            try:
                if not job.step():
                    self._job = None
                    job.close()
            except BaseException:
                self.close()
                raise
        self._num_taken += batch.num_rows
        return batch


def _with_first(
    first: pyarrow.RecordBatch, batches: Iterator[pyarrow.RecordBatch]
) -> Iterator[pyarrow.RecordBatch]:
    yield first
    yield from batches
