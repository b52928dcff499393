from libc.stdint cimport int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.c_aggregate cimport RunningColumn
from flinkette._native.column cimport Column
from flinkette._native.keys cimport KeyMap


cdef enum RunningKind:
    SUM
    MIN
    MAX
    MIN_BY
    MAX_BY
    COUNT
    AVG


# Where the state of all keys is; it only moves down, to OBJECTS at last.
cdef enum RunningState:
    NOWHERE
    INTS
    FLOATS
    OBJECTS


cdef class RunningAggregate:
    cdef RunningKind _kind
    cdef readonly str kind
    cdef readonly object position
    cdef readonly object integer_bits
    cdef int _bits
    cdef bint _copies
    # Position when it is an int; the names of the last Row and the position's index in them.
    cdef Py_ssize_t _index
    cdef bint _is_named
    cdef tuple _names
    cdef Py_ssize_t _named_index
    # By key id: the record that results are made from, its aggregated field (or the running sum),
    # and how many rows there were (count, avg).
    cdef list _records
    cdef list _fields
    cdef list _counts
    cdef RunningState _state
    cdef RunningColumn[int64_t] _ints
    cdef RunningColumn[double] _floats
    # While the state is in a column: the ids it holds, in the order of their first rows.
    cdef vector[uint32_t] _held

    cpdef list process(
        self, list values, Uint32Buffer ids, KeyMap key_map, list out=*, Py_ssize_t start=*)
    # The result of one row; the state changes only if this returns.
    cdef object process_row(self, object value, uint32_t key_id, KeyMap key_map)
    cdef RunningState _state_for(self, Column values) noexcept
    cdef int64_t _rows_of(self, uint32_t key_id) noexcept
    cdef Column _run_column(self, Column values, Uint32Buffer ids, int64_t *out_done)
    cdef int _hold(self, Uint32Buffer ids, KeyMap key_map) except -1
    cdef int _move_to_objects(self, KeyMap key_map) except -1
    cdef int _grow(self, Py_ssize_t id_count) except -1
    cdef object _first(self, object value, uint32_t key_id, KeyMap key_map)
    cdef object _next(self, object value, uint32_t key_id)
    cdef object _field_of(self, object value)
    cdef object _with_field(self, object record, object field)
    cdef tuple _replace(self, tuple members, Py_ssize_t index, object member)
    cdef Py_ssize_t _index_in(self, object value, Py_ssize_t size) except -1
    cdef Py_ssize_t _index_of_name(self, tuple names) except -1
    cdef object _own(self, object value)
    cdef int _check_bits(self, object total) except -1
