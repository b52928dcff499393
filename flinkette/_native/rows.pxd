from libc.stdint cimport int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.broadcast cimport BroadcastStates
from flinkette._native.row_context cimport RowContext, TimerService
from flinkette._native.row_kernel cimport RowKernel
from flinkette._native.state cimport StateColumn
from flinkette._native.values cimport Converter


cdef enum StageKind:
    MAP = 0
    FILTER = 1
    FLAT_MAP = 2
    PROCESS = 3
    KEY = 4
    TIMESTAMP = 5
    REDUCE = 6
    CO_MAP = 7


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
    cdef object _make_context
    cdef object _make_timer_context
    cdef readonly object info
    cdef readonly int64_t rows_skipped


cdef struct Frame:
    void *iterator
    void *row
    Py_ssize_t stage
    int64_t time


cdef class RowProgram(RowKernel):
    cdef list _stages
    cdef tuple _heads
    cdef BroadcastStates _broadcast
    cdef Py_ssize_t _num_stages
    cdef tuple _domains
    cdef bint _holds_id
    cdef uint32_t _held_id
    cdef readonly TimerService timers
    cdef vector[Frame] _frames
    cdef StateColumn _reduced
    cdef Py_ssize_t _stage_running
    cdef int64_t _time_running

    cdef int _next_input(self) except -1
    cdef int _begin_row(self) except -1
    cdef int _begin_broadcast_row(self) except -1
    cdef int _let_go_of_id(self) except -1
    cdef int _pull(self) except -1
    cdef int _push(self, object value, Py_ssize_t stage_index, int64_t time) except -1
    cdef object _reduce(self, Stage stage, object value)
    cdef int _open_frame(
        self, object iterable, object row, Py_ssize_t stage_index, int64_t time
    ) except -1
    cdef int _drop_frames(self, size_t keep) except -1
