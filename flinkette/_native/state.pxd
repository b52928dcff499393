import cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.c_clock cimport coarse_monotonic_ns
from flinkette._native.keys cimport KeyMap
from flinkette._native.values cimport Converter

# stands in a column for a key without a value
cdef object ABSENT


cdef class KeyContext:
    cdef readonly KeyMap key_map
    cdef uint32_t current_id
    cdef bint has_key
    cdef dict _columns
    cdef dict _declared
    cdef list _undo
    cdef uint64_t _row
    cdef bint is_logging
    # processing time for columns whose values expire, read once per tick of the coarse clock at
    # most; `now` is `now_ms` as int
    cdef object _clock
    cdef int64_t _tick
    cdef list _expiring
    cdef int64_t now_ms
    cdef object now
    cdef int64_t _rows_loaded

    cdef inline void set_current(self, uint32_t key_id) noexcept:
        self.current_id = key_id
        self.has_key = True

    cdef inline int look_at_clock(self) except -1:
        """Read the clock anew in a call that has outlasted a tick, as long calls do."""
        cdef int64_t tick = coarse_monotonic_ns()
        if tick != self._tick:
            self._tick = tick
            self.read_clock()
        return 0

    cdef int check_key(self) except -1
    cdef int read_clock(self) except -1
    cdef int begin_row(self) except -1
    cdef int roll_back(self) except -1
    cdef int drop_all(self) except -1
    cdef int rows_loaded(self, int64_t count) noexcept
    cdef int begin_turn(self) except -1
    cpdef StateColumn column(self, str name)
    cdef int add_expiring(self, str name, StateColumn column, clock) except -1


cdef class DeclaredValue:
    cdef Converter _converter
    cdef str _what


cdef class StateColumn:
    cdef KeyContext context
    cdef list _values
    cdef uint64_t _logged_row
    # what a column of values that expire was made for; None if they do not
    cdef readonly object rule

    cdef object _undo_entry(self, uint32_t key_id, object value)
    cdef int _restore(self, uint32_t key_id, object value) except -1
    cdef int sweep(self, int64_t rows) except -1

    @cython.final
    cdef object get(self)

    @cython.final
    cdef int put(self, object value) except -1

    @cython.final
    cdef int drop(self) except -1

    @cython.final
    cdef list present_values(self)

    @cython.final
    cdef uint32_t _id(self) except? 4294967295

    @cython.final
    cdef int _remember(self, uint32_t key_id, object value) except -1


cdef class ValueState:
    cdef StateColumn _column
    cdef object _convert


cdef class ListState:
    cdef StateColumn _column
    cdef object _convert


cdef class MapSyntax:
    pass


cdef class MapState(MapSyntax):
    cdef StateColumn _column
    cdef object _convert_key
    cdef object _convert_value

    @cython.final
    cdef object _found_key(self, object key)

    @cython.final
    cdef dict _entries(self)


cdef class FoldingState:
    cdef StateColumn _column
    cdef object _create
    cdef object _add
    cdef object _result

    @cython.final
    cdef object _folded(self, object accumulator, object value)
