"""Aggregates' states by group number, and sketches by value. See accumulators.pyi."""

import cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp.vector cimport vector

from flinkette._native.buffer cimport Uint32Buffer, check_indices
from flinkette._native.c_accumulator cimport (
    AccumulatorLayout,
    AggregateDefinition,
    AggregateKind,
    ConsumedRows,
    make_layout,
)
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport Column as NativeColumn, ColumnPtr
from flinkette._native.c_hyperloglog cimport HyperLogLog
from flinkette._native.c_quantile_sketch cimport QuantileSketch
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.status cimport check

from flinkette._native.key_codec import encode_key, hash_encoded_key

KIND_NAMES = (
    "count", "sum", "min", "max", "avg", "first", "last", "variance", "stddev", "min_by",
    "max_by", "top_n", "collect", "count_distinct", "approx_count_distinct", "quantile",
    "count_if",
)


@cython.final
cdef class DistinctSketch:
    """HyperLogLog of Python values. One owner; not thread safe."""

    cdef HyperLogLog _sketch
    cdef readonly int precision

    def __cinit__(self, int precision):
        if not 4 <= precision <= 18:
            raise ValueError(f"precision {precision} is not in 4..18")
        self._sketch = HyperLogLog(precision)
        self.precision = precision

    def add(self, value):
        self._sketch.add(<uint64_t> <int64_t> hash_encoded_key(encode_key(value)))

    def merge(self, DistinctSketch other not None):
        if other.precision != self.precision:
            raise ValueError(
                f"sketches of precision {self.precision} and {other.precision} do not merge"
            )
        cdef DistinctSketch both = DistinctSketch(self.precision)
        both._sketch = self._sketch
        both._sketch.merge(other._sketch)
        return both

    def estimate(self):
        return self._sketch.estimate()


@cython.final
cdef class NumberSketch:
    """Quantiles of Python numbers. One owner; not thread safe."""

    cdef QuantileSketch _sketch

    def __len__(self):
        return self._sketch.count()

    def add(self, double value):
        self._sketch.add(value)

    def merge(self, NumberSketch other not None):
        cdef NumberSketch both = NumberSketch()
        both._sketch = self._sketch
        both._sketch.merge(other._sketch)
        return both

    def value_at(self, double quantile):
        if not 0.0 <= quantile <= 1.0:
            raise ValueError(f"quantile {quantile} is not in 0..1")
        if self._sketch.count() == 0:
            raise ValueError("a sketch without numbers has no quantiles")
        return self._sketch.value_at(quantile)


@cython.final
cdef class GroupStates:
    """States side by side, one stride per group. One owner; not thread safe."""

    cdef AccumulatorLayout _layout
    cdef uint8_t *_memory
    cdef vector[uint8_t *] _all
    cdef vector[uint8_t *] _chosen
    cdef vector[uint8_t *] _others
    cdef readonly int state_bytes

    def __cinit__(self, list definitions not None, uint32_t group_count):
        cdef Error error
        cdef vector[AggregateDefinition] parts
        cdef uint32_t group
        for definition in definitions:
            parts.push_back(definition_of(definition))
        check(make_layout(parts, &self._layout, &error), &error)
        self.state_bytes = self._layout.stride
        self._memory = <uint8_t *> calloc(max(group_count, 1), max(self._layout.stride, 8))
        if self._memory is NULL:
            raise MemoryError()
        for group in range(group_count):
            self._all.push_back(self._memory + <size_t> group * <size_t> self._layout.stride)

    def __dealloc__(self):
        if self._memory is not NULL:
            release_all(self._layout, self._all)
            free(self._memory)

    @property
    def can_subtract(self):
        cdef size_t at
        cdef list flags = []
        for at in range(self._layout.accumulators.size()):
            flags.append(self._layout.accumulators[at].get().can_subtract())
        return flags

    @property
    def can_retract(self):
        cdef size_t at
        cdef list flags = []
        for at in range(self._layout.accumulators.size()):
            flags.append(self._layout.accumulators[at].get().can_retract())
        return flags

    def consume(
        self, list columns not None, Uint32Buffer groups not None, int64_t first_arrival=0,
        Uint32Buffer rows=None
    ):
        self._pass(columns, groups, first_arrival, rows, False)

    def consume_again(self, list columns not None):
        self._run(columns, <int64_t> self._chosen.size(), 0, None, False)

    def retract(self, list columns not None, Uint32Buffer groups not None):
        self._pass(columns, groups, 0, None, True)

    cdef int _pass(
        self, list columns, Uint32Buffer groups, int64_t first_arrival, Uint32Buffer rows,
        bint is_retraction
    ) except -1:
        if rows is not None and rows.length != groups.length:
            raise ValueError(f"{rows.length} rows have {groups.length} groups")
        self._choose(groups, self._chosen)
        return self._run(columns, groups.length, first_arrival, rows, is_retraction)

    cdef int _run(
        self, list columns, int64_t count, int64_t first_arrival, Uint32Buffer rows,
        bint is_retraction
    ) except -1:
        cdef Error error
        cdef Status status = Status.kOk
        cdef ConsumedRows consumed
        cdef Column column
        cdef const NativeColumn *native
        cdef size_t at
        if <size_t> len(columns) != self._layout.accumulators.size():
            raise ValueError(
                f"{len(columns)} columns for {self._layout.accumulators.size()} aggregates"
            )
        consumed.states = self._chosen.data()
        consumed.count = count
        consumed.first_row = 0
        consumed.rows = NULL
        if rows is not None:
            consumed.rows = rows.data
        consumed.first_arrival = first_arrival
        for at in range(self._layout.accumulators.size()):
            column = columns[<Py_ssize_t> at]
            native = NULL
            if column is not None:
                native = column.handle.get()
                check_rows(count, rows, column.length)
            with nogil:
                if is_retraction:
                    status = self._layout.accumulators[at].get().retract(
                        consumed, self._layout.offsets[at], native, &error)
                else:
                    status = self._layout.accumulators[at].get().consume(
                        consumed, self._layout.offsets[at], native, &error)
            check(status, &error)
        return 0

    def merge(self, Uint32Buffer into not None, Uint32Buffer source not None):
        cdef Error error
        cdef Status status
        cdef size_t at
        self._choose_pairs(into, source)
        for at in range(self._layout.accumulators.size()):
            with nogil:
                status = self._layout.accumulators[at].get().merge(
                    self._chosen.data(), self._others.data(), <int64_t> self._chosen.size(),
                    self._layout.offsets[at], &error)
            check(status, &error)

    def subtract(self, Uint32Buffer into not None, Uint32Buffer source not None):
        cdef size_t at
        if not all(self.can_subtract):
            raise TypeError("not all of these aggregates can subtract")
        self._choose_pairs(into, source)
        for at in range(self._layout.accumulators.size()):
            self._layout.accumulators[at].get().subtract(
                self._chosen.data(), self._others.data(), <int64_t> self._chosen.size(),
                self._layout.offsets[at])

    def release(self):
        release_all(self._layout, self._all)

    def results(self):
        cdef Error error
        cdef Status status
        cdef size_t at
        cdef ColumnPtr column
        cdef list columns = []
        for at in range(self._layout.accumulators.size()):
            with nogil:
                status = self._layout.accumulators[at].get().finalize(
                    self._all.data(), <int64_t> self._all.size(), self._layout.offsets[at],
                    &column, &error)
            check(status, &error)
            columns.append(wrap_column(column))
        return columns

    def snapshot(self):
        cdef Error error
        cdef size_t at
        cdef vector[uint8_t] data
        for at in range(self._layout.accumulators.size()):
            check(
                self._layout.accumulators[at].get().snapshot(
                    self._all.data(), <int64_t> self._all.size(), self._layout.offsets[at],
                    &data, &error),
                &error)
        return PyBytes_FromStringAndSize(<const char *> data.data(), <Py_ssize_t> data.size())

    def restore(self, bytes data not None):
        cdef Error error
        cdef size_t at
        cdef int64_t position = 0
        for at in range(self._layout.accumulators.size()):
            check(
                self._layout.accumulators[at].get().restore(
                    self._all.data(), <int64_t> self._all.size(), self._layout.offsets[at],
                    <const uint8_t *> PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data),
                    &position, &error),
                &error)
        if position != len(data):
            raise ValueError(f"{len(data) - position} bytes are left of a snapshot")

    cdef int _choose(self, Uint32Buffer groups, vector[uint8_t *] &chosen) except -1:
        cdef Py_ssize_t row
        chosen.resize(<size_t> groups.length)
        for row in range(groups.length):
            if <size_t> groups.data[row] >= self._all.size():
                raise IndexError(f"group {groups.data[row]} of {self._all.size()} groups")
            chosen[<size_t> row] = (
                self._memory + <size_t> groups.data[row] * <size_t> self._layout.stride)
        return 0

    cdef int _choose_pairs(self, Uint32Buffer into, Uint32Buffer source) except -1:
        cdef Py_ssize_t row
        if into.length != source.length:
            raise ValueError(f"{into.length} groups take in {source.length}")
        for row in range(into.length):
            if into.data[row] == source.data[row]:
                raise ValueError(f"group {into.data[row]} cannot take in itself")
        self._choose(into, self._chosen)
        self._choose(source, self._others)
        return 0


cdef int check_rows(int64_t count, Uint32Buffer rows, Py_ssize_t length) except -1:
    if rows is not None:
        return check_indices(rows, length)
    if count > length:
        raise IndexError(f"{count} groups have {length} rows")
    return 0


cdef AggregateDefinition definition_of(tuple definition) except *:
    cdef AggregateDefinition native
    cdef Column column
    kind, column, option, parameter, is_retractable = definition
    if kind not in KIND_NAMES:
        raise ValueError(f"{kind!r} is no aggregate; use one of {', '.join(KIND_NAMES)}")
    native.kind = <AggregateKind> <int> KIND_NAMES.index(kind)
    if column is not None:
        native.input_type = column.handle.get().type
    native.option = option
    native.parameter = parameter
    native.is_retractable = is_retractable
    return native


cdef void release_all(AccumulatorLayout &layout, vector[uint8_t *] &states) noexcept:
    cdef size_t at
    for at in range(layout.accumulators.size()):
        layout.accumulators[at].get().release(
            states.data(), <int64_t> states.size(), layout.offsets[at])
