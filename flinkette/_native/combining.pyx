"""Rows of one key in one slice as one row. See combining.pyi."""

import cython
from libc.stdint cimport INT64_MIN, int64_t
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport (
    Buffer,
    Column as NativeColumn,
    ColumnPtr,
    TypeId,
    TypePtr,
    buffer_allocate,
    column_fixed,
)
from flinkette._native.c_row_combiner cimport (
    CombineKind,
    CombinedColumn,
    CombinedRows,
    RowCombiner,
)
from flinkette._native.c_time_scan cimport range_of
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.status cimport check

KINDS = ("sum", "min", "max")


@cython.final
cdef class BatchCombiner:
    """Combines the rows of batches, each batch by itself."""

    cdef RowCombiner _native
    cdef tuple _fields
    cdef vector[CombinedColumn] _columns

    def __cinit__(self, int64_t unit_ms, int64_t offset_ms, fields, kinds):
        cdef CombinedColumn column
        if unit_ms <= 0 or len(fields) != len(kinds):
            raise ValueError(f"{len(fields)} fields, {len(kinds)} kinds, slices of {unit_ms} ms")
        self._fields = tuple(fields)
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
            column = CombinedColumn()
            column.kind = <CombineKind> <int> KINDS.index(kind)
            self._columns.push_back(column)
        check(self._native.open(unit_ms, offset_ms), NULL)

    def combine(self, Batch batch not None):
        cdef CombinedRows rows
        cdef Column keys, values
        cdef Error error
        cdef Uint32Buffer firsts
        cdef size_t at
        cdef int64_t count
        cdef list positions
        cdef vector[Buffer] buffers
        if batch.columns is None or batch.times is None or batch.kinds is not None \
                or not isinstance(batch.keys, Column) or batch.num_rows == 0:
            return None
        keys = batch.keys
        positions = self._positions(batch)
        if positions is None or not are_ints(keys):
            return None
        rows = CombinedRows()
        rows.keys = keys.handle.get().values[int64_t]()
        rows.times = batch.times.data
        rows.count = batch.num_rows
        if range_of(rows.times, rows.count).earliest == INT64_MIN:
            return None
        if batch.marks is not None:
            rows.mark_stops = batch.marks.stops.data
            rows.mark_times = batch.marks.times.data
            rows.mark_count = batch.marks.stops.length
        firsts = Uint32Buffer.allocate(batch.num_rows)
        buffers.resize(self._columns.size())
        for at in range(self._columns.size()):
            values = batch.columns[positions[at]]
            self._columns[at].values = values.handle.get().values[int64_t]()
            check(buffer_allocate(rows.count * 8, &buffers[at], &error), &error)
            self._columns[at].combined = <int64_t *> buffers[at].bytes()
        with nogil:
            count = self._native.run(
                rows, self._columns.data(), self._columns.size(), firsts.data)
        return self._made(batch, firsts.slice(0, <Py_ssize_t> count), positions, buffers)

    cdef list _positions(self, Batch batch):
        """Numbers of the aggregated columns; None if one is not there, or is not of ints."""
        cdef list positions = []
        for field in self._fields:
            if isinstance(field, str):
                if batch.row_type is None or field not in batch.row_type:
                    return None
                field = batch.row_type.index(field)
            if not 0 <= field < len(batch.columns) or batch.columns[field] is batch.keys \
                    or not are_ints(batch.columns[field]):
                return None
            positions.append(field)
        return positions

    cdef Batch _made(
        self, Batch batch, Uint32Buffer firsts, list positions, vector[Buffer] &buffers
    ):
        cdef Buffer no_nulls
        cdef TypePtr type
        cdef Status status
        cdef ColumnPtr handle
        cdef Error error
        cdef Py_ssize_t at
        cdef Column source
        cdef Batch taken = batch.take(firsts)
        cdef list columns = list(taken.columns)
        for at in range(len(positions)):
            source = batch.columns[positions[at]]
            type = source.handle.get().type
            status = column_fixed(
                type, firsts.length, buffers[<size_t> at], no_nulls, &handle, &error)
            check(status, &error)
            columns[positions[at]] = wrap_column(handle)
        marks = None if batch.marks is None else batch.marks.after_take(firsts)
        made = Batch.from_columns(
            columns, batch.row_type, taken.times, keys=taken.keys, hashes=taken.hashes)
        return made.with_marks(marks)


cdef bint are_ints(Column column) noexcept:
    cdef const NativeColumn *native = column.handle.get()
    return native.type.get().id == TypeId.kInt64 and native.null_count == 0
