from libc.stdint cimport int64_t, uint32_t

from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.marks cimport Marks
from flinkette._native.row_output cimport RowOutput
from flinkette._native.state cimport KeyContext


cdef class RowKernel:
    cdef KeyContext _keys
    cdef RowOutput _output
    cdef object _tag_class
    cdef object _make_error
    cdef object _make_row_error
    cdef list _rows
    cdef Int64Buffer _times
    cdef object _ids
    cdef uint32_t *_id_data
    cdef Py_ssize_t _cursor
    cdef object _row
    cdef int _mode
    cdef int64_t _firing_until
    cdef Marks _marks
    cdef Py_ssize_t _mark
    cdef object _failure
    cdef bint _ends_keys
    cdef bint _has_open_key
    cdef uint32_t _open_key

    cdef int _begin_run(self) except -1
    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1
    cdef int _end_input(self) except -1
    cdef int _see_watermark(self, int64_t time) noexcept
    cdef int _next_timer(self, bint is_event_time) except -1
    cdef int _pass_marks(self) except -1
    cdef int _end_key_before(self, uint32_t key_id) except -1
    cdef int _drop_key(self) except -1
    cdef int _handle_error(self, BaseException error) except -1
