"""What kernels that call user code for rows have in common. See row_kernel.pyi."""

from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint32_t

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.marks cimport Marks
from flinkette._native.row_output cimport (
    MODE_EVENT_TIMERS, MODE_PROCESSING_TIMERS, MODE_ROWS, STATUS_DONE, STATUS_FAILED,
)


cdef class RowKernel:
    """Input at work, output, errors. Subclasses say what a row and a timer mean."""

    def load(self, Batch batch not None, Uint32Buffer ids=None):
        self._rows = batch.objects()
        self._times = batch.times
        self._ids = ids
        self._id_data = NULL
        if ids is not None:
            self._id_data = ids.data
            self._keys.rows_loaded(ids.length)
        self._cursor = 0
        self._marks = batch.marks
        self._mark = 0
        self._mode = MODE_ROWS

    def end_each_key(self):
        self._ends_keys = True

    def load_event_timers(self, int64_t watermark):
        self._mode = MODE_EVENT_TIMERS
        self._firing_until = watermark
        self._see_watermark(watermark)

    def load_processing_timers(self, int64_t now):
        self._mode = MODE_PROCESSING_TIMERS
        self._firing_until = now

    def run(self, int64_t deadline_ns, Py_ssize_t max_rows):
        cdef int status
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        self._begin_run()
        if self._keys is not None:
            self._keys.begin_turn()
        while True:
            try:
                status = self._run(deadline_ns, max_rows)
            except Exception as error:
                if self._handle_error(error):
                    return STATUS_FAILED
                continue
            if status == STATUS_DONE:
                self._end_input()
                self._rows = None
                self._marks = None
                self._times = None
                self._ids = None
                self._row = None
            return status

    def take(self):
        return self._output.take()

    def take_side(self):
        return self._output.take_side()

    def take_watermark(self):
        return self._output.take_watermark()

    cdef int _begin_run(self) except -1:
        return 0

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1:
        """Work on rows or timers; a Status."""
        raise NotImplementedError

    cdef int _end_input(self) except -1:
        """What was loaded is used up."""
        return 0

    cdef int _see_watermark(self, int64_t time) noexcept:
        """The watermark is `time` from now on."""
        return 0

    cdef int _next_timer(self, bint is_event_time) except -1:
        """Handle the next timer up to `_firing_until`; 0 when none is due."""
        raise NotImplementedError

    cdef int _pass_marks(self) except -1:
        """Let the watermarks that stand before the next row pass; 1 while their timers fire."""
        cdef int64_t time
        cdef Marks marks = self._marks
        while self._mark < marks.stops.length and marks.stops.data[self._mark] <= self._cursor:
            time = marks.times.data[self._mark]
            self._see_watermark(time)
            self._firing_until = time
            if self._next_timer(True):
                return 1
            self._output.mark(time)
            self._mark += 1
        return 0

    cdef int _end_key_before(self, uint32_t key_id) except -1:
        """Let the key of the rows before end, if the next row has another; 1 while timers fire."""
        if self._has_open_key and self._open_key != key_id:
            self._see_watermark(INT64_MAX)
            self._firing_until = INT64_MAX
            if self._next_timer(True) or self._next_timer(False):
                return 1
            self._keys.set_current(self._open_key)
            self._drop_key()
            self._see_watermark(INT64_MIN)
        self._has_open_key = True
        self._open_key = key_id
        return 0

    cdef int _drop_key(self) except -1:
        """Forget what the current key has in state."""
        return self._keys.drop_all()

    cdef int _handle_error(self, BaseException error) except -1:
        """Apply the operator's policy; 1 when the job must fail (after what was made so far)."""
        raise NotImplementedError
