from libc.stdint cimport int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.marks cimport Marks
from flinkette._native.row_context cimport RowContext, TimerService
from flinkette._native.row_output cimport RowOutput
from flinkette._native.state cimport KeyContext, StateColumn
from flinkette._native.values cimport Converter


cdef enum StageKind:
    MAP = 0
    FILTER = 1
    FLAT_MAP = 2
    PROCESS = 3
    KEY = 4
    TIMESTAMP = 5
    REDUCE = 6


cdef class Stage:
    cdef StageKind kind
    cdef object func
    cdef object on_timer
    cdef Converter converter
    cdef bint needs_fix
    cdef str error_action
    cdef object error_tag
    cdef RowContext context
    cdef RowContext timer_context
    cdef readonly object info
    cdef readonly int64_t rows_skipped


cdef struct Frame:
    void *iterator
    void *row
    Py_ssize_t stage
    int64_t time


cdef class RowProgram:
    cdef list _stages
    cdef Py_ssize_t _num_stages
    cdef tuple _domains
    cdef bint _holds_id
    cdef uint32_t _held_id
    cdef object _tag_class
    cdef object _make_error
    cdef object _make_row_error
    cdef KeyContext _keys
    cdef readonly TimerService timers
    cdef RowOutput _output
    cdef vector[Frame] _frames
    cdef list _rows
    cdef Py_ssize_t _cursor
    cdef Int64Buffer _times
    cdef object _ids
    cdef uint32_t *_id_data
    cdef int64_t _firing_until
    cdef int _mode
    cdef Marks _marks
    cdef Py_ssize_t _mark
    cdef object _failure
    cdef StateColumn _reduced
    cdef object _row
    cdef Py_ssize_t _stage_running
    cdef int64_t _time_running

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1
    cdef int _next_input(self) except -1
    cdef int _pass_marks(self) except -1
    cdef int _begin_row(self) except -1
    cdef int _next_timer(self, bint is_event_time) except -1
    cdef int _let_go_of_id(self) except -1
    cdef int _pull(self) except -1
    cdef int _push(self, object value, Py_ssize_t stage_index, int64_t time) except -1
    cdef object _reduce(self, Stage stage, object value)
    cdef int _open_frame(
        self, object iterable, object row, Py_ssize_t stage_index, int64_t time
    ) except -1
    cdef int _handle_error(self, BaseException error) except -1
    cdef int _drop_frames(self, size_t keep) except -1
