from libc.stdint cimport int64_t

from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.marks cimport Marks
from flinkette._native.row_output cimport RowOutput


cdef class Segment:
    cdef Py_ssize_t pending  # rows without a result
    cdef object done  # deque of rows with one


cdef class InFlightRow:
    cdef readonly object value
    cdef readonly int64_t time_ms
    cdef readonly object results
    cdef readonly object failure
    cdef readonly bint is_done
    cdef int64_t number
    cdef Segment segment


cdef class Call:
    cdef readonly list rows
    cdef public Py_ssize_t attempts
    cdef readonly int64_t deadline_ns
    cdef readonly bint is_over
    cdef public object task  # whatever runs the call; not looked at here
    cdef public object coroutine


cdef class CallQueue:
    cdef readonly bint is_ordered
    cdef readonly Py_ssize_t capacity
    cdef readonly Py_ssize_t size
    cdef readonly bint is_failing
    cdef int64_t _timeout_ns
    cdef Py_ssize_t _batch_size
    cdef int64_t _max_delay_ns
    cdef Py_ssize_t _calls_at_once
    cdef int64_t _window_ns
    cdef str _error_action
    cdef object _error_tag
    cdef readonly Py_ssize_t rows_skipped
    # input that has not entered yet
    cdef list _rows
    cdef Int64Buffer _times
    cdef Marks _marks
    cdef Py_ssize_t _cursor
    cdef Py_ssize_t _mark
    # what has entered
    cdef object _order  # deque of rows (ordered) or segments, watermarks and elements
    cdef object _started  # deque of calls by the time they were started, with some that are over
    cdef Py_ssize_t _running
    cdef int64_t _number
    cdef list _gathered  # rows of the next call
    cdef int64_t _gathered_since_ns
    cdef bint _is_flushing
    cdef object _starts  # deque of the times of the latest calls

    cdef int _enter(self, int64_t now_ns) except -1
    cdef int _pass_marks(self) except -1
    cdef int _put(self, object thing) except -1
    cdef int _close_call(self, Call call) except -1
    cdef int _is_full_call(self, int64_t now_ns) except -1
    cdef int _settle(self, InFlightRow row, object results, object failure) except -1
    cdef int _emit(self, InFlightRow row, RowOutput output, object make_row_error) except -1
