"""ParquetSource and ParquetSink: the row groups of Parquet files as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.connectors.chunks import ChunkReader
from flinkette.connectors.file_system.listing import as_paths, list_files
from flinkette.connectors.file_system.path_sink import ParquetSink
from flinkette.connectors.split_queue import SplitQueue, restored_splits
from flinkette.contracts.errors import InvalidPipelineError, SourceError
from flinkette.contracts.source import Source, SourceSplit
from flinkette.formats.column_types import type_of_columns
from flinkette.formats.near_names import nearest
from flinkette.formats.row_types import row_fields, type_info_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow

    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["ParquetReader", "ParquetSink", "ParquetSource", "ParquetSplit"]

BATCH_ROWS = 1 << 15


@dataclass(frozen=True)
class ParquetSplit(SourceSplit):
    """One row group of a file; `position` is the number of its rows that were delivered.

    `columns` are the names that the rows have, the same in all splits.
    """

    path: str = ""
    row_group: int = 0
    columns: tuple[str, ...] = ()
    position: int = 0


class ParquetSource(Source):
    """The rows of Parquet files, as columns from the file to the first function that wants rows.

    Parameters
    ----------
    paths
        A path or several: files, folders (walked to any depth, hidden names left out), patterns.
    columns
        Read these columns only, in this order; None: those of the first file.
    row_type
        Type of rows: its fields are the columns, converted to their types. Instead of `columns`.
    is_case_sensitive
        False: a column is also found by a name of other case.

    Raises
    ------
    SourceError
        When the job starts, if a path does not exist, is no Parquet file, or lacks a column.

    Notes
    -----
    Row groups are read one after the other, by several subtasks at once if there are several.
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        columns: Sequence[str] | None = None,
        *,
        row_type: TypeInformation | Any = None,
        is_case_sensitive: bool = True,
    ) -> None:
        self.paths = as_paths(paths)
        if not self.paths:
            raise InvalidPipelineError("ParquetSource needs at least one path; none was given")
        if isinstance(columns, str):
            raise InvalidPipelineError(
                f"ParquetSource: columns={columns!r} is one str; give a list of names"
            )
        self._fields = row_fields(row_type)
        if columns is None and self._fields is not None:
            columns = self._fields[0]
        self.columns = None if columns is None else tuple(columns)
        self.is_case_sensitive = is_case_sensitive

    def produced_type(self) -> TypeInformation | None:
        """Return the declared type of the rows, or that of the first file's columns.

        None if that file cannot be read here: what is wrong is said when the job starts.
        """
        if self._fields is not None:
            return type_info_of(("row", *self._fields))
        try:
            path, _ = next(iter(list_files(self.paths)))
            _, schema = _footer(path)
            names = schema.names if self.columns is None else self.columns
            selected = self._found(path, schema.names, tuple(names))
        except (SourceError, StopIteration):
            return None
        columns = decoded_schema(schema, selected).empty_table().rename_columns(list(names))
        return type_of_columns(Batch.from_arrow(columns))

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Read the files' footers, check their columns, and make a split of each row group."""
        splits: list[ParquetSplit] = []
        first: pyarrow.Schema | None = None
        columns = self.columns
        for path, _ in list_files(self.paths):
            metadata, schema = _footer(path)
            if columns is None:
                columns = tuple(schema.names)
            selected = self._found(path, schema.names, columns)
            if first is None:
                first = decoded_schema(schema, selected)
            elif self._fields is None:
                _check_same(path, first, decoded_schema(schema, selected))
            if self.columns is None and set(schema.names) != set(columns):
                extra = next(name for name in schema.names if name not in columns)
                raise SourceError(
                    f"{path}: the column {extra!r} is not in the first file; choose columns that "
                    "all files have with columns=[…]"
                )
            splits += [
                ParquetSplit(f"{path}:{group}", path=path, row_group=group, columns=columns)
                for group in range(metadata.num_row_groups)
                if metadata.row_group(group).num_rows
            ]
        return SplitQueue(splits)

    def _found(self, path: str, names: list[str], columns: tuple[str, ...]) -> list[str]:
        """Return the names in a file of the columns wanted."""
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SourceError(f"{path}: two columns are named {twice!r}; rename one of them")
        by_lower = {name.lower(): name for name in names}
        selected = []
        for name in columns:
            found = name if name in names else None
            if found is None and not self.is_case_sensitive:
                found = by_lower.get(name.lower())
            if found is None:
                raise SourceError(
                    f"{path}: no column {name!r}; {nearest(name, names)}; "
                    "read only columns that every file has"
                )
            selected.append(found)
        return selected

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on with the row groups that nobody had when the snapshot was taken."""
        return SplitQueue(restored_splits(ParquetSplit, snapshot))

    def create_reader(self, context: ReaderContext) -> ParquetReader:
        """Make the reader of one subtask."""
        return ParquetReader(self)

    def open_split(self, split: ParquetSplit) -> tuple[Any, Iterator[pyarrow.RecordBatch]]:
        """Open a row group; returns the open file and its columns in pieces."""
        import pyarrow
        from pyarrow import parquet

        try:
            file = parquet.ParquetFile(split.path, memory_map=True)
            schema = file.schema_arrow
            selected = self._found(split.path, schema.names, tuple(split.columns))
            target = self._target_schema(schema, selected, split.columns)
            # Top-level names; a nested column comes whole.
            batches = file.iter_batches(
                BATCH_ROWS, row_groups=[split.row_group], columns=selected, use_threads=False
            )
        except (OSError, pyarrow.ArrowException) as error:
            raise _unreadable(split.path, error) from error
        return file, (_shaped(batch, selected, target) for batch in batches)

    def _target_schema(
        self, schema: pyarrow.Schema, selected: list[str], names: Sequence[str]
    ) -> pyarrow.Schema:
        import pyarrow

        from flinkette.formats.arrow_types import arrow_type

        if self._fields is not None:
            specs = dict(zip(*self._fields, strict=True))
            types = [arrow_type(specs[name], f"column {name!r}") for name in names]
        else:
            types = [_decoded_type(schema.field(name).type) for name in selected]
        return pyarrow.schema(list(zip(names, types, strict=True)))


class ParquetReader(ChunkReader):
    """Reads one row group at a time, in pieces of at most 32,768 rows."""

    def __init__(self, source: ParquetSource) -> None:
        super().__init__()
        self._source = source
        self._file: Any = None

    def chunks(self, split: SourceSplit, max_rows: int) -> Iterator[Batch]:
        """Open the row group; yield its pieces as columns."""
        import pyarrow

        assert isinstance(split, ParquetSplit)
        self._file, pieces = self._source.open_split(split)
        try:
            for piece in pieces:
                yield Batch.from_arrow(piece)
        except (OSError, pyarrow.ArrowException) as error:
            raise _unreadable(split.path, error) from error

    def close(self) -> None:
        """Close the file at hand."""
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()


def _footer(path: str) -> tuple[Any, pyarrow.Schema]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            return file.metadata, file.schema_arrow
    except (OSError, pyarrow.ArrowException) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> SourceError:
    return SourceError(f"{path}: cannot be read as Parquet: {error}; check that the file is whole")


def decoded_schema(schema: pyarrow.Schema, names: list[str]) -> pyarrow.Schema:
    """Return the schema of some columns, dictionaries as their values."""
    import pyarrow

    return pyarrow.schema([(name, _decoded_type(schema.field(name).type)) for name in names])


def _check_same(path: str, first: pyarrow.Schema, other: pyarrow.Schema) -> None:
    for wanted, found in zip(first, other, strict=True):
        if found.type != wanted.type:
            raise SourceError(
                f"{path}: the column {found.name!r} is {found.type}, but {wanted.type} in the "
                "first file; declare its type with row_type=…, or leave it out with columns=[…]"
            )


def _decoded_type(found: pyarrow.DataType) -> pyarrow.DataType:
    import pyarrow

    return found.value_type if pyarrow.types.is_dictionary(found) else found


def _shaped(
    batch: pyarrow.RecordBatch, selected: list[str], target: pyarrow.Schema
) -> pyarrow.RecordBatch:
    import pyarrow

    arrays = [
        batch.column(name)
        if batch.column(name).type == field.type
        else batch.column(name).cast(field.type)
        for name, field in zip(selected, target, strict=True)
    ]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=target)
