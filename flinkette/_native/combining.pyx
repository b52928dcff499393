"""Rows of one key in one slice as one row. See combining.pyi."""

import cython
from libc.stdint cimport INT64_MIN, int64_t, uint32_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
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
from flinkette._native.c_row_combiner cimport CombineKind, CombinedRows, RowCombiner
from flinkette._native.c_time_scan cimport range_of
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.joined import can_join, join
from flinkette._native.marks cimport Marks
from flinkette._native.status cimport check

KINDS = ("sum", "min", "max")

cdef enum:
    MAX_PIECES = 16  # of rows that wait; every one is a batch object


@cython.final
cdef class BatchCombiner:
    """Combines the rows of batches until a watermark closes their slice."""

    cdef RowCombiner _native
    cdef tuple _fields
    cdef vector[const int64_t *] _columns
    cdef list _pieces

    def __cinit__(self, int64_t unit_ms, int64_t offset_ms, fields, kinds):
        cdef vector[CombineKind] native_kinds
        if unit_ms <= 0 or len(fields) != len(kinds):
            raise ValueError(f"{len(fields)} fields, {len(kinds)} kinds, slices of {unit_ms} ms")
        self._fields = tuple(fields)
        self._pieces = []
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
            native_kinds.push_back(<CombineKind> <int> KINDS.index(kind))
        self._columns.resize(native_kinds.size())
        check(self._native.open(unit_ms, offset_ms, native_kinds), NULL)

    @property
    def held(self):
        return self._native.held_count()

    def accepts(self, Batch batch not None):
        if batch.columns is None or batch.times is None or batch.kinds is not None \
                or not isinstance(batch.keys, Column) or batch.num_rows == 0:
            return False
        if not are_ints(batch.keys) or self._positions(batch) is None:
            return False
        if range_of(batch.times.data, batch.num_rows).earliest == INT64_MIN:
            return False
        return not self._pieces or can_join(self._pieces[0], batch)

    def add(self, Batch batch not None):
        cdef CombinedRows rows
        cdef Column values
        cdef size_t at
        cdef Status status
        cdef list positions = self._positions(batch)
        if positions is None:
            raise ValueError("a batch of other columns")
        rows = CombinedRows()
        rows.keys = (<Column> batch.keys).handle.get().values[int64_t]()
        rows.times = batch.times.data
        rows.count = batch.num_rows
        if batch.marks is not None:
            rows.mark_stops = batch.marks.stops.data
            rows.mark_times = batch.marks.times.data
            rows.mark_count = batch.marks.stops.length
        for at in range(self._columns.size()):
            values = batch.columns[positions[at]]
            self._columns[at] = values.handle.get().values[int64_t]()
        with nogil:
            status = self._native.run(rows, self._columns)
        check(status, NULL)
        if self._native.begun_count():
            begun = numbers(self._native.begun(), self._native.begun_count())
            self._pieces.append(batch.take(begun))
        return self._handed(batch.marks)

    def advance(self, int64_t watermark_ms):
        check(self._native.advance(watermark_ms), NULL)
        return self._handed(None)

    def release(self):
        check(self._native.release(), NULL)
        return self._handed(None)

    cdef Batch _handed(self, Marks marks):
        """The rows that go, and what is left of the pieces in which they began."""
        cdef Batch pool, made
        cdef Uint32Buffer handed
        cdef Int64Buffer stops
        if self._native.handed_count() == 0:
            self._native.settle()
            if len(self._pieces) >= MAX_PIECES:
                self._pieces = [join(self._pieces, [])]
            return None
        pool = join(self._pieces, [])
        handed = numbers(self._native.handed(), self._native.handed_count())
        made = self._with_values(pool.take(handed))
        if marks is not None:
            stops = Int64Buffer.allocate(marks.stops.length)
            memcpy(stops.data, self._native.mark_stops(), stops.length * sizeof(int64_t))
            made = made.with_marks(Marks(stops, marks.times))
        self._pieces = []
        if self._native.held_count():
            held = numbers(self._native.held(), self._native.held_count())
            self._pieces.append(pool.take(held))
        self._native.settle()
        return made

    cdef Batch _with_values(self, Batch taken):
        """The rows that go with the values of all that they are made of."""
        cdef Buffer values, no_nulls
        cdef TypePtr type
        cdef Status status
        cdef ColumnPtr handle
        cdef Error error
        cdef size_t at
        cdef int64_t count = self._native.handed_count()
        cdef list columns = list(taken.columns)
        cdef list positions = self._positions(taken)
        for at in range(self._columns.size()):
            check(buffer_allocate(count * 8, &values, &error), &error)
            memcpy(values.bytes(), self._native.handed_values(at), <size_t> count * 8)
            type = (<Column> columns[positions[at]]).handle.get().type
            status = column_fixed(type, count, values, no_nulls, &handle, &error)
            check(status, &error)
            columns[positions[at]] = wrap_column(handle)
        return Batch.from_columns(
            columns, taken.row_type, taken.times, keys=taken.keys, hashes=taken.hashes)

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


cdef Uint32Buffer numbers(const uint32_t *first, int64_t count):
    cdef Uint32Buffer buffer = Uint32Buffer.allocate(<Py_ssize_t> count)
    memcpy(buffer.data, first, <size_t> count * sizeof(uint32_t))
    return buffer


cdef bint are_ints(Column column) noexcept:
    cdef const NativeColumn *native = column.handle.get()
    return native.type.get().id == TypeId.kInt64 and native.null_count == 0
