"""Batches: runs of rows of one schema. See batch.pyi for the public description."""

import cython
from sys import intern

from libc.stdint cimport INT64_MIN
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.arrow cimport (
    ArrowStream, array_capsule, has_array, has_stream, import_array, open_stream, schema_capsule,
    stream_capsule,
)
from flinkette._native.boxing cimport rows_of, tuples_of
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer, check_indices
from flinkette._native.c_base cimport Error
from flinkette._native.c_column cimport (
    Buffer, Column as NativeColumn, ColumnPtr, Field, TypeId, TypePtr, column_struct, type_equals,
    type_struct,
)
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.marks cimport Marks
from flinkette._native.run_of_values cimport (
    concat_values, counterpart, gather_column, gather_list, gather_values, slice_values,
)
from flinkette._native.status cimport check
from flinkette._native.unboxing_declared cimport (
    field_names,
    field_values,
    unbox_declared,
    unbox_field,
)


class TupleNames(tuple):
    """Names of the columns of a batch whose rows are plain tuples, not Rows."""

    __slots__ = ()


@cython.final
cdef class Batch:
    """A run of rows. Immutable; may be read from any thread that holds the GIL."""

    def __init__(self):
        raise TypeError("use Batch.from_objects, from_rows, from_columns or from_arrow")

    @staticmethod
    def from_objects(
        list values not None, Int64Buffer times=None, *, keys=None, Int64Buffer hashes=None,
        kinds=None,
    ):
        cdef Batch batch = Batch.__new__(Batch)
        batch.num_rows = len(values)
        batch._objects = values
        return attach(batch, times, keys, hashes, kinds)

    @staticmethod
    def from_columns(
        columns, names=None, Int64Buffer times=None, *, keys=None, Int64Buffer hashes=None,
        kinds=None,
    ):
        cdef Batch batch
        cdef Column column
        cdef tuple held = tuple(columns)
        if names is None and len(held) != 1:
            raise ValueError(f"{len(held)} columns need names; only one may go without")
        if names is not None and len(names) != len(held):
            raise ValueError(f"{len(held)} columns, but {len(names)} names")
        batch = new_columnar(
            held, None if names is None else interned(names), len(held[0]) if held else 0
        )
        for column in held:
            if column.length != batch.num_rows:
                raise ValueError(f"columns of {batch.num_rows} and {column.length} rows")
        return attach(batch, times, keys, hashes, kinds)

    @staticmethod
    def from_rows(
        list values not None, tuple spec not None, Int64Buffer times=None, *, keys=None,
        Int64Buffer hashes=None, kinds=None,
    ):
        cdef Batch batch
        cdef ColumnPtr handle
        cdef Py_ssize_t at
        cdef list columns = []
        cdef list fields
        names = None
        if spec[0] == "row" or spec[0] == "tuple":
            fields = field_values(values, spec, None)
            for at in range(len(fields)):
                unbox_field(fields[at], spec, at, &handle)
                columns.append(wrap_column(handle))
            names = interned(field_names(spec))
            if spec[0] == "tuple":
                names = TupleNames(names)
        else:
            unbox_declared(values, spec, &handle)
            columns.append(wrap_column(handle))
        batch = new_columnar(tuple(columns), names, len(values))
        batch._objects = values
        return attach(batch, times, keys, hashes, kinds)

    @staticmethod
    def from_arrow(source, Int64Buffer times=None):
        cdef ColumnPtr handle
        if has_array(source):
            import_array(source, &handle, NULL)
        elif has_stream(source):
            open_stream(source).read_all(&handle)
        else:
            refuse_source(source)
        return attach(columnar(handle), times, None, None, None)

    @staticmethod
    def from_arrow_stream(source):
        if has_stream(source):
            return BatchReader.__new__(BatchReader, open_stream(source))
        if not has_array(source):
            refuse_source(source)
        return iter([Batch.from_arrow(source)])

    @staticmethod
    def concat(batches):
        cdef Py_ssize_t at
        cdef Batch batch, joined
        cdef list parts = list(batches)
        if not parts:
            raise ValueError("concat needs at least one batch")
        if len(parts) == 1:
            return parts[0]
        batch = parts[0]
        if are_columns_alike(parts):
            columns = []
            for at in range(len(batch.columns)):
                columns.append(Column.concat([(<Batch> part).columns[at] for part in parts]))
            joined = new_columnar(tuple(columns), batch.row_type, 0)
            if all([(<Batch> part)._objects is not None for part in parts]):
                joined._objects = concat_values([(<Batch> part)._objects for part in parts])
        else:
            joined = Batch.__new__(Batch)
            joined._objects = concat_values([(<Batch> part).objects() for part in parts])
        for batch in parts:
            joined.num_rows += batch.num_rows
        return attach(
            joined, concat_times(parts), concat_attribute(parts, "keys"),
            concat_attribute(parts, "hashes"), concat_kinds(parts),
        )

    def __len__(self):
        return self.num_rows

    def __repr__(self):
        if self.columns is None:
            return f"<Batch of {self.num_rows} objects>"
        names = self.row_type or range(len(self.columns))
        types = ", ".join(
            [f"{name}: {column.type_name}" for name, column in zip(names, self.columns)]
        )
        return f"<Batch of {self.num_rows} rows, {types}>"

    @property
    def is_columnar(self):
        return self.columns is not None

    @property
    def names(self):
        return None if self.row_type is None else tuple(self.row_type)

    cpdef list objects(self):
        if self._objects is None:
            self._objects = boxed_rows(self)
        return self._objects

    def without_objects(self):
        if self.columns is None:
            raise TypeError(f"a batch of {self.num_rows} objects has nothing else")
        cdef Batch copy = copy_of(self)
        copy._objects = None
        return attach(copy, self.times, self.keys, self.hashes, self.kinds)

    cpdef Column column(self, object name_or_index):
        cdef Py_ssize_t at
        if self.columns is None:
            raise TypeError(
                f"a batch of {self.num_rows} objects has no columns; declare the stream's type "
                "(output_type=Types.ROW_NAMED(...))"
            )
        if isinstance(name_or_index, str):
            if self.row_type is None or self.row_type.count(name_or_index) != 1:
                raise KeyError(f"column {name_or_index!r} is not one of {self.row_type or ()}")
            at = self.row_type.index(name_or_index)
        else:
            at = name_or_index
            if not 0 <= at < len(self.columns):
                raise IndexError(f"column {at} of {len(self.columns)}")
        return self.columns[at]

    def select_columns(self, columns):
        cdef list chosen = []
        cdef list names = []
        for name_or_index in columns:
            chosen.append(self.column(name_or_index))
            if isinstance(name_or_index, str):
                names.append(name_or_index)
            elif self.row_type is not None:
                names.append(self.row_type[name_or_index])
        return attach(
            new_columnar(
                tuple(chosen), None if self.row_type is None else type(self.row_type)(names),
                self.num_rows,
            ),
            self.times, self.keys, self.hashes, self.kinds,
        )

    def typed(self, tuple spec not None):
        return Batch.from_rows(
            self.objects(), spec, self.times, keys=self.keys, hashes=self.hashes, kinds=self.kinds
        )

    def with_times(self, Int64Buffer times):
        return attach(copy_of(self), times, self.keys, self.hashes, self.kinds)

    def with_keys(self, keys, Int64Buffer hashes=None):
        return attach(copy_of(self), self.times, keys, hashes, self.kinds)

    def with_marks(self, Marks marks):
        cdef Batch copy = attach(copy_of(self), self.times, self.keys, self.hashes, self.kinds)
        copy.marks = checked_marks(marks, self.num_rows)
        return copy

    def with_event_times(self, Int64Buffer times, Marks marks):
        cdef Batch copy = attach(copy_of(self), times, self.keys, self.hashes, self.kinds)
        copy.marks = checked_marks(marks, self.num_rows)
        return copy

    def with_kinds(self, kinds):
        return attach(copy_of(self), self.times, self.keys, self.hashes, kinds)

    cpdef Batch slice(self, Py_ssize_t start, Py_ssize_t stop):
        cdef Batch part = Batch.__new__(Batch)
        if not 0 <= start <= stop <= self.num_rows:
            raise IndexError(f"slice {start}:{stop} of {self.num_rows} rows")
        if start == 0 and stop == self.num_rows:
            return self
        part.num_rows = stop - start
        part.row_type = self.row_type
        if self._objects is not None:
            part._objects = self._objects[start:stop]
        if self.columns is not None:
            part.columns = tuple([(<Column> each).slice(start, stop) for each in self.columns])
        times = shared_times(self, part)
        keys = counterpart(self.keys, self.columns, part.columns)
        return attach(
            part,
            slice_values(self.times, start, stop) if times is None else times,
            slice_values(self.keys, start, stop) if keys is None else keys,
            slice_values(self.hashes, start, stop),
            slice_values(self.kinds, start, stop),
        )

    cpdef Batch take(self, Uint32Buffer indices):
        check_indices(indices, self.num_rows)
        return gather_rows(self, indices)

    def __arrow_c_schema__(self):
        cdef ColumnPtr handle
        exported(self, &handle)
        return schema_capsule(handle.get().type, string())

    def __arrow_c_array__(self, requested_schema=None):
        cdef ColumnPtr handle
        exported(self, &handle)
        return schema_capsule(handle.get().type, string()), array_capsule(handle)

    def __arrow_c_stream__(self, requested_schema=None):
        cdef ColumnPtr handle
        exported(self, &handle)
        return stream_capsule(handle)


@cython.final
cdef class BatchReader:
    """Batches of a foreign Arrow stream, read as they are asked for. Not thread safe."""

    cdef ArrowStream _stream

    def __cinit__(self, ArrowStream stream not None):
        self._stream = stream

    def __iter__(self):
        return self

    def __next__(self):
        cdef ColumnPtr handle
        if not self._stream.next_into(&handle):
            raise StopIteration
        return columnar(handle)

    @property
    def names(self):
        if self._stream.type.get().id != TypeId.kStruct:
            return None
        return names_of(self._stream.type)

    def close(self):
        self._stream.close()


cdef int refuse_source(object source) except -1:
    raise TypeError(
        f"{type(source).__qualname__} has neither __arrow_c_array__ nor __arrow_c_stream__; give "
        "a pyarrow, polars, pandas or duckdb object"
    )


cdef object interned(object names):
    kind = TupleNames if isinstance(names, TupleNames) else tuple
    return kind([intern(name) for name in names])


cdef tuple names_of(const TypePtr &type):
    cdef size_t field
    cdef list names = []
    for field in range(type.get().fields.size()):
        names.append(intern(type.get().fields[field].name.decode("utf-8", "replace")))
    return tuple(names)


cdef Batch new_columnar(tuple columns, object row_type, Py_ssize_t num_rows):
    cdef Batch batch = Batch.__new__(Batch)
    batch.columns = columns
    batch.row_type = row_type
    batch.num_rows = num_rows
    return batch


cdef Batch columnar(const ColumnPtr &handle):
    """Rows of a struct without nulls become several columns, anything else is one bare column."""
    cdef size_t field
    cdef list columns = []
    cdef const NativeColumn *column = handle.get()
    if column.type.get().id != TypeId.kStruct or column.null_count > 0:
        return new_columnar((wrap_column(handle),), None, column.length)
    for field in range(column.children.size()):
        columns.append(wrap_column(column.children[field]))
    return new_columnar(tuple(columns), names_of(column.type), column.length)


cdef Batch copy_of(Batch batch):
    cdef Batch copy = new_columnar(batch.columns, batch.row_type, batch.num_rows)
    copy._objects = batch._objects
    copy.marks = batch.marks
    return copy


cdef Batch gather_rows(Batch batch, Uint32Buffer rows):
    cdef Batch taken = Batch.__new__(Batch)
    taken.num_rows = rows.length
    taken.row_type = batch.row_type
    if batch._objects is not None:
        taken._objects = gather_list(batch._objects, rows)
    if batch.columns is not None:
        taken.columns = tuple([gather_column(each, rows) for each in batch.columns])
    times = shared_times(batch, taken)
    keys = counterpart(batch.keys, batch.columns, taken.columns)
    return attach(
        taken,
        gather_values(batch.times, rows) if times is None else times,
        gather_values(batch.keys, rows) if keys is None else keys,
        gather_values(batch.hashes, rows),
        gather_values(batch.kinds, rows),
    )


cdef Int64Buffer shared_times(Batch whole, Batch part):
    """The event times of some rows of a batch, if they are one of its columns; or None."""
    if whole.times is None:
        return None
    cdef Column column = counterpart(whole.times._owner, whole.columns, part.columns)
    return None if column is None else column.times_ms()


cdef Marks checked_marks(Marks marks, Py_ssize_t num_rows):
    if marks is not None and marks.stops.data[marks.stops.length - 1] > num_rows:
        raise ValueError(f"{marks!r} for {num_rows} rows")
    return marks


cdef Batch attach(Batch batch, Int64Buffer times, object keys, Int64Buffer hashes, object kinds):
    """Give a new batch its columns beside the rows."""
    if times is not None and times.length != batch.num_rows:
        raise ValueError(f"{times.length} times for {batch.num_rows} rows")
    if keys is not None and len(keys) != batch.num_rows:
        raise ValueError(f"{len(keys)} keys for {batch.num_rows} rows")
    if hashes is not None and hashes.length != batch.num_rows:
        raise ValueError(f"{hashes.length} hashes for {batch.num_rows} rows")
    if kinds is not None and len(kinds) != batch.num_rows:
        raise ValueError(f"{len(kinds)} row kinds for {batch.num_rows} rows")
    batch.times = times
    batch.keys = keys
    batch.hashes = hashes
    batch.kinds = kinds
    return batch


cdef list boxed_rows(Batch batch):
    cdef Column column
    cdef list boxed = []
    for column in batch.columns:
        boxed.append(column.to_objects())
    if batch.row_type is None:
        return boxed[0]
    if isinstance(batch.row_type, TupleNames):
        return tuples_of(boxed, batch.num_rows)
    return rows_of(boxed, batch.row_type, batch.num_rows)


cdef int exported(Batch batch, ColumnPtr *out_column) except -1:
    """The whole batch as one column: a struct, or the bare column."""
    cdef Error error
    cdef TypePtr type
    cdef Field field
    cdef Buffer no_validity
    cdef vector[Field] fields
    cdef vector[ColumnPtr] children
    cdef Column column
    if batch.columns is None:
        raise TypeError(
            f"a batch of {batch.num_rows} Python objects has no Arrow form; declare the stream's "
            "type (output_type=Types...) or use Batch.typed"
        )
    if batch.row_type is None:
        out_column[0] = (<Column> batch.columns[0]).handle
        return 0
    for name, column in zip(batch.row_type, batch.columns):
        field.name = (<str> name).encode("utf-8")
        field.type = column.handle.get().type
        fields.push_back(field)
        children.push_back(column.handle)
    check(type_struct(fields, &type, &error), &error)
    check(column_struct(type, batch.num_rows, children, no_validity, out_column, &error), &error)
    return 0


cdef bint are_columns_alike(list batches) except -1:
    cdef Batch batch
    cdef Batch first = batches[0]
    cdef Py_ssize_t at
    for batch in batches:
        if batch.columns is None or batch.row_type != first.row_type:
            return False
        if len(batch.columns) != len(first.columns) \
                or type(batch.row_type) is not type(first.row_type):
            return False
        for at in range(len(batch.columns)):
            if not type_equals(
                (<Column> batch.columns[at]).handle.get().type.get()[0],
                (<Column> first.columns[at]).handle.get().type.get()[0],
            ):
                return False
    return True


cdef Int64Buffer concat_times(list batches):
    cdef Batch batch
    cdef list times = []
    if all([(<Batch> each).times is None for each in batches]):
        return None
    for batch in batches:
        missing = batch.times is None
        times.append(Int64Buffer.filled(batch.num_rows, INT64_MIN) if missing else batch.times)
    return Int64Buffer.concat(times)


cdef object concat_kinds(list batches):
    cdef Batch batch
    cdef list kinds = []
    if all([(<Batch> each).kinds is None for each in batches]):
        return None
    # A batch without kinds holds only inserts, which are kind 0.
    for batch in batches:
        kinds.append(bytes(batch.num_rows) if batch.kinds is None else batch.kinds)
    return concat_values(kinds)


cdef object concat_attribute(list batches, str name):
    parts = [getattr(batch, name) for batch in batches]
    return None if any([part is None for part in parts]) else concat_values(parts)
