"""Parquet files: what to read from them, and how rows are written into them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from flinkette.contracts.errors import InvalidTypeError
from flinkette.formats.arrow_types import arrow_schema_of, record_batch_of
from flinkette.formats.column_types import type_of_columns
from flinkette.formats.file_format import BulkFormat, PartFormat, PartWriter
from flinkette.formats.row_types import row_fields

if TYPE_CHECKING:
    import pyarrow

    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = [
    "ParquetBulkWriters",
    "ParquetColumnarRowInputFormat",
    "ParquetPartFormat",
    "ParquetPartWriter",
]

ROW_GROUP_ROWS = 1 << 16


class ParquetColumnarRowInputFormat(BulkFormat):
    """Reads the columns of a row type from Parquet files.

    Parameters
    ----------
    row_type
        Type of rows: names and types of the columns to read.
    hadoop_config
        Taken and not used: there is no Hadoop here.
    batch_size
        Taken and not used: batches adapt to the job.
    is_utc_timestamp
        Taken and not used: times without zone stay as they are.
    is_case_sensitive
        False: a column is also found by a name of other case.
    """

    def __init__(
        self,
        row_type: TypeInformation | Any,
        hadoop_config: Any = None,
        batch_size: int = 2048,
        is_utc_timestamp: bool = False,  # noqa: FBT001, FBT002 - as PyFlink
        is_case_sensitive: bool = True,  # noqa: FBT001, FBT002 - as PyFlink
    ) -> None:
        if row_fields(row_type) is None:
            raise InvalidTypeError(
                f"ParquetColumnarRowInputFormat: {row_type!r} is not a type of rows; use "
                "Types.ROW_NAMED"
            )
        self.row_type = row_type
        self.is_case_sensitive = is_case_sensitive


class ParquetBulkWriters:
    """Makes the Parquet format of `FileSink.for_bulk_format`."""

    @staticmethod
    def for_row_type(
        row_type: TypeInformation | Any,
        hadoop_config: Any = None,  # noqa: ARG004 - as PyFlink
        utc_timestamp: bool = False,  # noqa: ARG004, FBT001, FBT002 - as PyFlink
    ) -> ParquetPartFormat:
        """Write rows of a type.

        Parameters
        ----------
        row_type
            Names and types of the columns.
        hadoop_config
            Taken and not used: there is no Hadoop here.
        utc_timestamp
            Taken and not used: times without zone stay as they are.
        """
        return ParquetPartFormat(row_type)


@dataclass(frozen=True)
class ParquetPartFormat(PartFormat):
    """Rows as Parquet columns, in row groups of 65,536 rows.

    Parameters
    ----------
    schema
        A type of rows or a pyarrow Schema; None: the declared type of the rows, or what the first
        rows of each file show.
    compression
        Of the columns, as pyarrow names it.
    """

    schema: Any = None
    compression: str = "snappy"

    def check(self, input_type: TypeInformation | None) -> pyarrow.Schema | None:
        """Return the columns, if they are known; refuses types that Parquet does not have."""
        return arrow_schema_of(input_type if self.schema is None else self.schema)

    def create_writer(
        self, stream: BinaryIO, input_type: TypeInformation | None, target: str
    ) -> ParquetPartWriter:
        """Start a file."""
        declared = input_type if self.schema is None else None
        return ParquetPartWriter(stream, self.check(input_type), self.compression, target, declared)


class ParquetPartWriter(PartWriter):
    """Gathers rows to row groups; holds at most one. Columns are written as they are.

    `declared` is the type of the rows if the file's columns follow from it alone: then a first
    batch of columns that have this type decides, such as 64-bit texts or nanoseconds.
    """

    def __init__(
        self,
        stream: BinaryIO,
        schema: pyarrow.Schema | None,
        compression: str,
        target: str,
        declared: TypeInformation | None = None,
    ) -> None:
        self._stream = stream
        self._schema = schema
        self._declared = declared
        self._compression = compression
        self._target = target
        self._writer: Any = None
        self._gathered: list[pyarrow.RecordBatch] = []
        self._num_gathered = 0

    def write(self, batch: Batch) -> None:
        """Append rows."""
        if not batch.num_rows:
            return
        if self._declared is not None:
            if batch.is_columnar and type_of_columns(batch) == self._declared:
                self._schema = None
            self._declared = None
        record_batch = record_batch_of(batch, self._schema, self._target)
        if self._schema is None:
            self._schema = record_batch.schema
        self._gathered.append(record_batch)
        self._num_gathered += record_batch.num_rows
        if self._num_gathered >= ROW_GROUP_ROWS:
            self._write_groups(is_last=False)

    def _write_groups(self, *, is_last: bool) -> None:
        import pyarrow
        from pyarrow import parquet

        schema = self._schema
        if schema is None:
            schema = pyarrow.schema([])
        if self._writer is None:
            self._writer = parquet.ParquetWriter(
                self._stream, schema, compression=self._compression
            )
        table = pyarrow.Table.from_batches(self._gathered, schema)
        whole = table.num_rows if is_last else table.num_rows // ROW_GROUP_ROWS * ROW_GROUP_ROWS
        if whole:
            self._writer.write_table(table.slice(0, whole), row_group_size=ROW_GROUP_ROWS)
        self._gathered = table.slice(whole).to_batches()
        self._num_gathered = table.num_rows - whole

    def finish(self) -> None:
        """Write the last row group and the footer."""
        self._write_groups(is_last=True)
        self._writer.close()

    def abort(self) -> None:
        """Close pyarrow's writer while there is a file: it would do so when it is collected."""
        import pyarrow

        self._gathered, self._num_gathered = [], 0
        if self._writer is not None:
            with contextlib.suppress(OSError, ValueError, pyarrow.ArrowException):
                self._writer.close()
