from libc.stdint cimport uint32_t, uint64_t

from flinkette._native.keys cimport KeyMap


cdef class KeyContext:
    cdef readonly KeyMap key_map
    cdef uint32_t current_id
    cdef bint has_key
    cdef dict _columns
    cdef list _undo
    cdef uint64_t _row
    cdef bint is_logging

    cdef inline void set_current(self, uint32_t key_id) noexcept:
        self.current_id = key_id
        self.has_key = True

    cdef int begin_row(self) except -1
    cdef int roll_back(self) except -1
    cpdef StateColumn column(self, str name)


cdef class StateColumn:
    cdef KeyContext context
    cdef list _values
    cdef uint64_t _logged_row

    cdef object get(self)
    cdef int put(self, object value) except -1
    cdef int drop(self) except -1
    cdef int _remember(self, uint32_t key_id, object value) except -1
    cdef int _restore(self, uint32_t key_id, object value) except -1
    cdef list present_values(self)
    cdef uint32_t _id(self) except? 4294967295
