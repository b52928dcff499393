"""A chain of row functions as one depth-first program over batches. See rows.pyi."""

import cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport INT64_MIN, int64_t, uint32_t

from flinkette._native.batch cimport Batch
from flinkette._native.broadcast cimport BroadcastStates
from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.c_clock cimport coarse_monotonic_ns
from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.row_context cimport RowContext, TimerService
from flinkette._native.row_kernel cimport RowKernel
from flinkette._native.row_output cimport (
    MODE_EVENT_TIMERS, MODE_PROCESSING_TIMERS, MODE_ROWS, RowOutput, STATUS_DONE, STATUS_FAILED,
    STATUS_FULL, STATUS_MORE,
)
from flinkette._native.state cimport KeyContext, StateColumn
from flinkette._native.row_context import Firing
from flinkette._native.values cimport Converter, fix


cdef extern from "Python.h":
    PyObject *PyIter_Next(object iterator) except? NULL

cdef object EVENT_TIMER = Firing("while an event-time timer fired")
cdef object PROCESSING_TIMER = Firing("while a processing-time timer fired")

DONE = STATUS_DONE
MORE = STATUS_MORE
FULL = STATUS_FULL
FAILED = STATUS_FAILED

STAGE_KINDS = {
    "map": MAP,
    "filter": FILTER,
    "flat_map": FLAT_MAP,
    "process": PROCESS,
    "key": KEY,
    "timestamp": TIMESTAMP,
    "reduce": REDUCE,
    "co_map": CO_MAP,
}


cdef int64_t event_time(object made) except? -1:
    """What a timestamp assigner returned, as ms."""
    try:
        return made
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"the timestamp assigner returned {made!r} ({type(made).__name__}); an event time is "
            "an int of 64 bits: ms since 1970"
        ) from None


@cython.final
cdef class Stage:
    """One function of a program with everything decided before the loop."""

    def __cinit__(self, str kind not None, func, *, Converter converter=None, bint needs_fix=True,
                  str error_action="fail", error_tag=None, on_timer=None, info=None,
                  make_context=RowContext, make_timer_context=RowContext):
        self.kind = STAGE_KINDS[kind]
        self.func = func
        self.on_timer = on_timer
        self.converter = converter
        self.needs_fix = needs_fix
        self.error_action = error_action
        self.error_tag = error_tag
        self.info = info
        self._make_context = make_context
        self._make_timer_context = make_timer_context
        self.rows_skipped = 0


@cython.final
cdef class RowProgram(RowKernel):
    """Runs rows depth first through a chain of functions, resumable at any row."""

    def __cinit__(self, list stages not None, *, KeyContext keys, now_ms, tag_class, make_error,
                  make_row_error, tuple time_domains=(None, None), tuple heads=(),
                  BroadcastStates broadcast=None):
        cdef Stage stage
        self._stages = stages
        self._heads = heads
        self._broadcast = broadcast
        self._num_stages = len(stages)
        self._keys = keys
        self._tag_class = tag_class
        self._make_error = make_error
        self._make_row_error = make_row_error
        self.timers = TimerService(keys, now_ms)
        self._output = RowOutput(
            self._num_stages > 0 and (<Stage> stages[self._num_stages - 1]).kind == KEY
        )
        self._domains = time_domains
        self._holds_id = False
        self._mode = MODE_ROWS
        self._firing_until = INT64_MIN
        for stage in [*stages, *heads]:
            if stage.kind == PROCESS:
                stage.context = stage._make_context(keys, self.timers)
                stage.timer_context = stage._make_timer_context(keys, self.timers)

    def __dealloc__(self):
        for index in range(self._frames.size()):
            Py_DECREF(<object> self._frames[index].iterator)
            Py_DECREF(<object> self._frames[index].row)
        self._frames.clear()

    def select_input(self, Py_ssize_t index):
        # no row is at work here, so nothing refers to the stage that was first
        self._stages[0] = self._heads[index]
        if self._broadcast is not None:
            self._broadcast.begin_row()

    def end_each_key(self):
        RowKernel.end_each_key(self)
        self.timers._ends_keys = True

    cdef int _end_input(self) except -1:
        return self._let_go_of_id()

    cdef int _see_watermark(self, int64_t time) noexcept:
        self.timers._watermark = time
        return 0

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1:
        while True:
            if self._frames.size():
                self._pull()
            elif not self._next_input():
                return STATUS_DONE
            if len(self._output.values) >= max_rows:
                return STATUS_FULL
            if coarse_monotonic_ns() > deadline_ns:
                return STATUS_MORE

    cdef int _next_input(self) except -1:
        """Run the next row or timer; 0 when there is none."""
        cdef int64_t time
        cdef Py_ssize_t cursor
        if self._mode == MODE_EVENT_TIMERS:
            return self._next_timer(True) or (self._ends_keys and self._next_timer(False))
        if self._mode == MODE_PROCESSING_TIMERS:
            return self._next_timer(False)
        if self._marks is not None and self._pass_marks():
            return 1
        cursor = self._cursor
        if self._rows is None or cursor >= len(self._rows):
            return 0
        if self._ends_keys and self._id_data is not NULL \
                and self._end_key_before(self._id_data[cursor]):
            return 1
        self._cursor = cursor + 1
        time = INT64_MIN if self._times is None else self._times.data[cursor]
        if self._id_data is not NULL:
            self._keys.set_current(self._id_data[cursor])
            if self._keys.is_logging or (<Stage> self._stages[0]).error_action != "fail":
                self._begin_row()
        elif self._broadcast is not None:
            self._begin_broadcast_row()
        self._push(self._rows[cursor], 0, time)
        return 1

    cdef int _begin_row(self) except -1:
        """Start remembering what the next row changes, so that it can be undone."""
        self.timers._changes.clear()
        return self._keys.begin_row()

    cdef int _begin_broadcast_row(self) except -1:
        """Let go of the key of the row or timer before, and of what could be undone of it."""
        if self._keys is not None:
            self._keys.has_key = False
            if self._keys.is_logging:
                self._begin_row()
        return self._broadcast.begin_row()

    cdef int _next_timer(self, bint is_event_time) except -1:
        cdef TimerHeap *heap
        cdef Timer timer
        cdef Stage stage
        heap = &self.timers._event_timers if is_event_time else &self.timers._processing_timers
        self._let_go_of_id()
        if heap.empty() or heap.top().time_ms > self._firing_until:
            return 0
        timer = heap.top()
        heap.pop()
        stage = <Stage> self._stages[0]
        self._keys.set_current(timer.key_id)
        if stage.error_action != "fail":
            self._begin_row()
        stage.timer_context._time = timer.time_ms
        stage.timer_context._time_domain = self._domains[0 if is_event_time else 1]
        self._held_id = timer.key_id
        self._holds_id = True
        self._row = EVENT_TIMER if is_event_time else PROCESSING_TIMER
        self._stage_running = 0
        self._time_running = timer.time_ms
        result = stage.on_timer(timer.time_ms, stage.timer_context)
        if result is not None:
            self._open_frame(
                result, self._row, 0, timer.time_ms if is_event_time else INT64_MIN
            )
        return 1

    cdef int _let_go_of_id(self) except -1:
        """Drop the fired timer's reference: the id may be reused only after its iterator ended."""
        if self._holds_id:
            self._holds_id = False
            self._keys.key_map.release(self._held_id)
        return 0

    cdef int _pull(self) except -1:
        """Take the next value of the innermost iterator that user code left open."""
        cdef Frame frame = self._frames.back()
        cdef PyObject *item
        cdef Stage stage = <Stage> self._stages[frame.stage]
        self._row = <object> frame.row
        self._stage_running = frame.stage
        self._time_running = frame.time
        item = PyIter_Next(<object> frame.iterator)
        if item is NULL:
            self._frames.pop_back()
            Py_DECREF(<object> frame.iterator)
            Py_DECREF(<object> frame.row)
            return 0
        value = <object> item
        Py_DECREF(value)
        if stage.kind == PROCESS and type(value) is tuple and len(<tuple> value) == 2 \
                and isinstance((<tuple> value)[0], self._tag_class):
            self._output.yield_side((<tuple> value)[0], (<tuple> value)[1], frame.time)
            return 0
        if stage.converter is not None:
            value = stage.converter.convert(value)
        elif stage.needs_fix:
            value = fix(value)
        self._push(value, frame.stage + 1, frame.time)
        return 0

    cdef int _push(self, object value, Py_ssize_t stage_index, int64_t time) except -1:
        """Run one value through the stages until it is dropped, emitted or opens an iterator."""
        cdef Stage stage
        while stage_index < self._num_stages:
            stage = <Stage> self._stages[stage_index]
            self._row = value
            self._stage_running = stage_index
            self._time_running = time
            if stage.kind == MAP:
                value = stage.func(value)
                if stage.converter is not None:
                    value = stage.converter.convert(value)
                elif stage.needs_fix:
                    value = fix(value)
            elif stage.kind == FILTER:
                if not stage.func(value):
                    return 0
            elif stage.kind == FLAT_MAP:
                result = stage.func(value)
                if result is not None:
                    self._open_frame(result, value, stage_index, time)
                return 0
            elif stage.kind == PROCESS:
                stage.context._time = time
                result = stage.func(value, stage.context)
                if result is not None:
                    self._open_frame(result, value, stage_index, time)
                return 0
            elif stage.kind == CO_MAP:
                value = stage.func(value)
                if value is None:
                    return 0
                if stage.converter is not None:
                    value = stage.converter.convert(value)
                elif stage.needs_fix:
                    value = fix(value)
            elif stage.kind == KEY:
                key = stage.func(value)
                if stage.converter is None:
                    key = fix(key)
                elif key is not None:
                    key = stage.converter.convert(key)
                self._output.keys.append(key)
            elif stage.kind == TIMESTAMP:
                time = event_time(stage.func(value, time))
            else:
                value = self._reduce(stage, value)
            stage_index += 1
        self._output.append(value, time)
        return 0

    cdef object _reduce(self, Stage stage, object value):
        """Fold a value into its key's running result; the result is emitted for every row."""
        cdef StateColumn column
        if self._reduced is None:
            self._reduced = self._keys.column("reduced")
        column = self._reduced
        before = column.get()
        if before is not None:
            value = stage.func(before, value)
            if stage.converter is not None:
                value = stage.converter.convert(value)
        column.put(value)
        return fix(value) if stage.needs_fix else value

    def reduced_values(self):
        """The running result of every key, for jobs that emit only the last."""
        return [] if self._reduced is None else self._reduced.present_values()

    cdef int _open_frame(
        self, object iterable, object row, Py_ssize_t stage_index, int64_t time
    ) except -1:
        cdef Frame frame
        iterator = iter(iterable)
        frame.stage = stage_index
        frame.time = time
        Py_INCREF(iterator)
        frame.iterator = <void *> iterator
        Py_INCREF(row)
        frame.row = <void *> row
        self._frames.push_back(frame)
        return 0

    cdef int _handle_error(self, BaseException error) except -1:
        """Apply the stage's policy; 1 when the job must fail (after what was made so far)."""
        cdef Stage stage = <Stage> self._stages[self._stage_running]
        cdef size_t depth = self._frames.size()
        key = None
        if self._keys is not None and self._keys.has_key and self._stage_running == 0:
            key = self._keys.current_key()
        time = None if self._time_running == INT64_MIN else self._time_running
        failure = self._make_error(stage.info, error, self._row, key, time)
        if stage.error_action == "fail":
            self._failure = failure
            self._drop_frames(0)
            return 1
        while depth and self._frames[depth - 1].stage >= self._stage_running:
            depth -= 1
        self._drop_frames(depth)
        if self._stage_running == 0 and self._keys is not None:
            self._keys.roll_back()
            self.timers.roll_back()
        if self._stage_running == 0 and self._broadcast is not None:
            self._broadcast.roll_back()
        stage.rows_skipped += 1
        if stage.error_action == "side-output":
            row = None if isinstance(self._row, Firing) else self._row
            self._output.append_side(
                stage.error_tag, self._make_row_error(row, failure), self._time_running
            )
        return 0

    cdef int _drop_frames(self, size_t keep) except -1:
        cdef Frame frame
        while self._frames.size() > keep:
            frame = self._frames.back()
            self._frames.pop_back()
            Py_DECREF(<object> frame.iterator)
            Py_DECREF(<object> frame.row)
        return 0


def copy_batch(Batch batch not None):
    """The same rows with copies of mutable values, for a second consumer."""
    cdef list values
    if batch.columns is not None:
        return batch.without_objects()
    values = batch.objects()
    return Batch.from_objects(
        [fix(value) for value in values], batch.times,
        keys=batch.keys, hashes=batch.hashes, kinds=batch.kinds,
    ).with_marks(batch.marks)


def choose_receivers(
    list values not None, partition not None, get_key not None, Py_ssize_t receivers
):
    """Receiver of each row as the user's partitioner says."""
    cdef Py_ssize_t index
    cdef Py_ssize_t receiver
    cdef Uint32Buffer chosen = Uint32Buffer.allocate(len(values))
    for index in range(len(values)):
        key = get_key(values[index])
        receiver = partition(key, receivers)
        if not 0 <= receiver < receivers:
            raise ValueError(
                f"partitioner returned {receiver} for key {key!r}; it must be 0 .. {receivers - 1}"
            )
        chosen.data[index] = <uint32_t> receiver
    return chosen
