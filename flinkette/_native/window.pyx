"""Flink's general window algorithm: state per (key, window), any assigner and trigger. See window.pyi."""

import cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.c_clock cimport coarse_monotonic_ns
from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.c_window_table cimport WindowSlot, WindowTable, kNoWindow
from flinkette._native.marks cimport Marks
from flinkette._native.rows cimport RowOutput
from flinkette._native.state cimport KeyContext
from flinkette._native.values cimport Converter, fix


cdef extern from "Python.h":
    PyObject *PyIter_Next(object iterator) except? NULL

DONE = 0
MORE = 1
FULL = 2
FAILED = 3

cdef int STATUS_DONE = 0
cdef int STATUS_MORE = 1
cdef int STATUS_FULL = 2

cdef int MODE_ROWS = 0
cdef int MODE_EVENT_TIMERS = 1
cdef int MODE_PROCESSING_TIMERS = 2

# what to do with a window after its results were handed out
cdef int KEEP = 0
cdef int PURGE = 1
cdef int CLEAR = 2

cdef object ABSENT = object()

ASSIGNER_KINDS = {
    "tumbling": TUMBLING,
    "sliding": SLIDING,
    "session": SESSION,
    "dynamic_session": DYNAMIC_SESSION,
    "count_tumbling": COUNT_TUMBLING,
    "count_sliding": COUNT_SLIDING,
    "custom": CUSTOM_ASSIGNER,
}
TRIGGER_KINDS = {"window_end": AT_WINDOW_END, "count": AT_COUNT, "custom": CUSTOM_TRIGGER}
CONTENTS_KINDS = {"reduce": REDUCED, "aggregate": AGGREGATED, "list": LISTED}
EMIT_KINDS = {"plain": PLAIN, "apply": APPLY, "process": PROCESS_WINDOW}


cdef inline int64_t saturating_add(int64_t left, int64_t right) noexcept:
    """left + right for right >= 0, stopping at the largest int64."""
    return INT64_MAX if left > INT64_MAX - right else left + right


cdef inline int64_t floor_start(int64_t time, int64_t offset, int64_t size) noexcept:
    """Start of the window of `size` that holds `time`; floors for times before 1970."""
    cdef int64_t remainder = (time - offset) % size
    return time - (remainder + size if remainder < 0 else remainder)


@cython.final
cdef class WindowSpec:
    """Everything about a window operator that is decided before its first row."""

    def __cinit__(
        self, *, str assigner, bint is_event_time, int64_t size=0, int64_t slide=0, int64_t offset=0,
        assign=None, str trigger, int64_t count=0, trigger_object=None, trigger_context=None,
        str contents, reduce=None, create_accumulator=None, add=None, get_result=None, merge=None,
        str emit, window_function=None, clear_function=None, function_context=None, bint is_all=False,
        int64_t lateness=0, late_tag=None, make_window, Converter converter=None, info=None,
        str error_action="fail", error_tag=None,
    ):
        self.assigner_kind = ASSIGNER_KINDS[assigner]
        self.is_event_time = is_event_time
        self.size = size
        self.slide = slide
        self.offset = offset
        self.assign = assign
        self.trigger_kind = TRIGGER_KINDS[trigger]
        self.count = count
        self.trigger = trigger_object
        self.trigger_context = trigger_context
        self.contents_kind = CONTENTS_KINDS[contents]
        self.reduce = reduce
        self.create_accumulator = create_accumulator
        self.add = add
        self.get_result = get_result
        self.merge = merge
        self.emit_kind = EMIT_KINDS[emit]
        self.window_function = window_function
        self.clear_function = clear_function
        self.function_context = function_context
        self.is_all = is_all
        self.lateness = lateness
        self.late_tag = late_tag
        self.make_window = make_window
        self.converter = converter
        self.info = info
        self.error_action = error_action
        self.error_tag = error_tag
        if self.assigner_kind != CUSTOM_ASSIGNER and self.assigner_kind not in (SESSION, DYNAMIC_SESSION) \
                and size <= 0:
            raise ValueError(f"window size must be positive, got {size}")
        if self.assigner_kind in (SLIDING, COUNT_SLIDING) and slide <= 0:
            raise ValueError(f"window slide must be positive, got {slide}")


@cython.final
cdef class WindowOperator:
    """Windows of one subtask, resumable at any row, window and result. Slot thread only."""

    def __cinit__(self, WindowSpec spec not None, *, KeyContext keys not None, now_ms not None,
                  tag_class, make_error, make_row_error):
        self._spec = spec
        self._keys = keys
        self._now_ms = now_ms
        self._tag_class = tag_class
        self._make_error = make_error
        self._make_row_error = make_row_error
        self._contents = []
        self._windows = []
        self._interned = {}
        self._output = RowOutput()
        self._span_windows = []
        self.watermark = INT64_MIN
        self._after_slot = kNoWindow

    @property
    def live_windows(self):
        return self._table.live_count()

    def load(self, Batch batch not None, Uint32Buffer ids not None):
        """Take a batch to work on with the key ids of its rows."""
        self._rows = batch.objects()
        self._times = batch.times
        self._ids = ids
        self._id_data = ids.data
        self._cursor = 0
        self._marks = batch.marks
        self._mark = 0
        self._mode = MODE_ROWS

    def load_event_timers(self, int64_t watermark):
        """Go on with the windows and timers up to `watermark`, in time order over all keys."""
        self._mode = MODE_EVENT_TIMERS
        self._firing_until = watermark
        self.watermark = watermark

    def load_processing_timers(self, int64_t now):
        """Go on with the processing-time timers up to `now`."""
        self._mode = MODE_PROCESSING_TIMERS
        self._firing_until = now

    def next_processing_time(self):
        """Earliest processing time in ms at which something is due, or None."""
        return None if self._processing_timers.empty() else self._processing_timers.top().time_ms

    def run(self, int64_t deadline_ns, Py_ssize_t max_rows):
        """Work until the input is used up, the output has `max_rows`, or the deadline passed."""
        cdef int status
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        self._now = self._now_ms()
        while True:
            try:
                status = self._run(deadline_ns, max_rows)
            except Exception as error:
                if self._handle_error(error):
                    return FAILED
                continue
            if status == STATUS_DONE:
                self._rows = None
                self._marks = None
                self._times = None
                self._ids = None
                self._row = None
            return status

    def take(self):
        """Rows made so far as a batch, or None."""
        return self._output.take()

    def take_side(self):
        """(tag, batch) pairs made so far."""
        return self._output.take_side()

    def take_watermark(self):
        """Watermark passed by marks after the last row taken, or None; call after `take`."""
        return self._output.take_watermark()

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1:
        while True:
            if self._iterator is not None:
                self._pull()
            elif self._span_index < self._spans.size():
                self._add_to_span()
            elif self._row_is_open:
                self._close_row()
            elif self._mode == MODE_ROWS:
                if not self._next_row():
                    return STATUS_DONE
            elif not self._next_timer(self._mode == MODE_EVENT_TIMERS):
                return STATUS_DONE
            if len(self._output.values) >= max_rows:
                return STATUS_FULL
            if coarse_monotonic_ns() > deadline_ns:
                return STATUS_MORE

    cdef int _pull(self) except -1:
        """Take the next result of the window function whose iterator is open."""
        cdef PyObject *item = PyIter_Next(self._iterator)
        cdef uint32_t slot
        if item is NULL:
            self._iterator = None
            slot, self._after_slot = self._after_slot, kNoWindow
            self._finish(slot, self._after)
            return 0
        value = <object> item
        Py_DECREF(value)
        if type(value) is tuple and len(<tuple> value) == 2 \
                and isinstance((<tuple> value)[0], self._tag_class):
            self._output.append_side((<tuple> value)[0], fix((<tuple> value)[1]), self._emit_time)
            return 0
        value = fix(value) if self._spec.converter is None else self._spec.converter.convert(value)
        self._output.append(value, self._emit_time)
        return 0

    cdef int _pass_marks(self) except -1:
        """Let the watermarks that stand before the next row pass; 1 while their windows fire."""
        cdef int64_t time
        while self._mark < self._marks.stops.length and self._marks.stops.data[self._mark] <= self._cursor:
            time = self._marks.times.data[self._mark]
            self.watermark = time
            self._firing_until = time
            if self._next_timer(True):
                return 1
            self._output.mark(time)
            self._mark += 1
        return 0

    cdef int _next_row(self) except -1:
        cdef Py_ssize_t cursor
        if self._marks is not None and self._pass_marks():
            return 1
        cursor = self._cursor
        if self._rows is None or cursor >= len(self._rows):
            return 0
        self._cursor = cursor + 1
        self._row = self._rows[cursor]
        self._keys.set_current(self._id_data[cursor])
        if self._spec.is_event_time:
            self._time = INT64_MIN if self._times is None else self._times.data[cursor]
            if self._time == INT64_MIN:
                raise MissingTimestamp()
        else:
            self._time = self._now
        self._spans.clear()
        self._span_index = 0
        self._row_is_open = True
        self._row_is_skipped = True
        self._assign()
        return 1

    cdef int _close_row(self) except -1:
        """Send a row that no window took to the late side output, or count it."""
        self._row_is_open = False
        if not self._row_is_skipped or not self._spec.is_event_time:
            return 0
        if saturating_add(self._time, self._spec.lateness) > self.watermark:
            return 0
        if self._spec.late_tag is not None:
            self._output.append_side(self._spec.late_tag, self._row, self._time)
        else:
            self.late_rows_dropped += 1
        return 0

    cdef int _assign(self) except -1:
        """Fill _spans with the windows of the current row."""
        cdef WindowSpec spec = self._spec
        cdef Span span
        cdef int64_t count, start
        cdef AssignerKind kind = spec.assigner_kind
        if kind == TUMBLING:
            span.start = floor_start(self._time, spec.offset, spec.size)
            span.end = saturating_add(span.start, spec.size)
            self._spans.push_back(span)
        elif kind == SLIDING:
            start = floor_start(self._time, spec.offset, spec.slide)
            while start > self._time - spec.size:
                span.start = start
                span.end = saturating_add(start, spec.size)
                self._spans.push_back(span)
                start -= spec.slide
        elif kind == SESSION or kind == DYNAMIC_SESSION:
            count = spec.size if kind == SESSION else spec.assign(self._row)
            if count <= 0:
                raise ValueError(f"session gap must be positive, got {count} ms")
            span.start = self._time
            span.end = saturating_add(self._time, count)
            self._spans.push_back(span)
        elif kind == CUSTOM_ASSIGNER:
            self._assign_custom()
        else:
            count = self._count_row()
            span.end = INT64_MAX
            if kind == COUNT_TUMBLING:
                span.start = count // spec.size
                self._spans.push_back(span)
            else:
                span.start = count // spec.slide
                while span.start >= 0 and span.start * spec.slide > count - spec.size:
                    self._spans.push_back(span)
                    span.start -= 1
        return 0

    cdef int64_t _count_row(self) except -1:
        """How many rows of the current key came before this one."""
        cdef uint32_t key_id = self._keys.current_id
        if self._counts.size() <= key_id:
            self._counts.resize(2 * (<size_t> key_id + 1), 0)
        if self._counts[key_id] == 0:
            self._keys.key_map.retain(key_id)
        self._counts[key_id] += 1
        return self._counts[key_id] - 1

    cdef int _assign_custom(self) except -1:
        """Ask the user's assigner; windows that are no TimeWindow get a number as their start."""
        cdef Span span
        self._span_windows.clear()
        for window in self._spec.assign(self._row, self._time):
            start = getattr(window, "start", None)
            end = getattr(window, "end", None)
            if type(start) is int and type(end) is int:
                span.start, span.end = start, end
            else:
                span.start = self._interned.setdefault(window, len(self._interned))
                span.end = INT64_MAX
            self._spans.push_back(span)
            self._span_windows.append(window)
        return 0

    cdef int _add_to_span(self) except -1:
        """Add the current row to its next window and let the trigger speak."""
        cdef Span span = self._spans[self._span_index]
        cdef uint32_t slot
        cdef uint32_t key_id = self._keys.current_id
        cdef bint is_session = self._spec.assigner_kind in (SESSION, DYNAMIC_SESSION)
        self._span_index += 1
        if is_session:
            slot = self._session(key_id, span)
            if slot == kNoWindow:
                return 0
        else:
            slot = self._table.find(key_id, span.start, span.end)
            if slot == kNoWindow:
                window = self._span_windows[self._span_index - 1] if self._span_windows else None
                max_timestamp = span.end - 1 if window is None else window.max_timestamp()
                if self._spec.is_event_time and self._cleanup_time(max_timestamp) <= self.watermark:
                    return 0
                slot = self._new_slot(key_id, span)
                self._windows[slot] = window
        self._row_is_skipped = False
        value = self._row if self._spans.size() == 1 else fix(self._row)
        self._add(slot, value)
        self._on_element(slot)
        return 0

    cdef uint32_t _session(self, uint32_t key_id, Span span) except? 4294967294:
        """Slot of the session that takes `span`, after merging what it touches; kNoWindow if late."""
        cdef uint32_t slot = self._table.first_of_key(key_id)
        cdef uint32_t keep = kNoWindow
        cdef int64_t start = span.start
        cdef int64_t end = span.end
        cdef list touched = []
        while slot != kNoWindow:
            if self._table.slot(slot).start <= span.end and span.start <= self._table.slot(slot).end:
                touched.append((self._table.slot(slot).start, slot))
                start = min(start, self._table.slot(slot).start)
                end = max(end, self._table.slot(slot).end)
            slot = self._table.slot(slot).next_of_key
        if not touched:
            if self._spec.is_event_time and self._cleanup_time(end - 1) <= self.watermark:
                return kNoWindow
            slot = self._new_slot(key_id, span)
            self._schedule(slot)
            return slot
        touched.sort()
        keep = touched[0][1]
        if len(touched) == 1 and self._table.slot(keep).start == start and self._table.slot(keep).end == end:
            return keep
        others = [other for _, other in touched[1:]]
        if self._spec.trigger_kind == CUSTOM_TRIGGER:
            self._spec.trigger_context.begin_merge(keep, others)
        for other in others:
            self._absorb(keep, other)
        self._table.move(keep, start, end)
        self._windows[keep] = None
        self._schedule(keep)
        if self._spec.trigger_kind == CUSTOM_TRIGGER:
            self._spec.trigger_context.bind(keep, self._window(keep))
            self._spec.trigger_context.merge(self._spec.trigger)
        return keep

    cdef int _absorb(self, uint32_t keep, uint32_t other) except -1:
        """Move the contents of `other` into `keep` and forget `other`."""
        cdef WindowSpec spec = self._spec
        mine, theirs = self._contents[keep], self._contents[other]
        if mine is ABSENT:
            self._contents[keep] = theirs
        elif theirs is not ABSENT:
            if spec.contents_kind == REDUCED:
                self._contents[keep] = spec.reduce(mine, theirs)
            elif spec.contents_kind == AGGREGATED:
                self._contents[keep] = spec.merge(mine, theirs)
            else:
                mine.extend(theirs)
        self._table.slot(keep).element_count += self._table.slot(other).element_count
        self._forget(other)
        return 0

    cdef uint32_t _new_slot(self, uint32_t key_id, Span span) except? 4294967294:
        cdef cbool is_new = False
        cdef uint32_t slot = self._table.find_or_add(key_id, span.start, span.end, &is_new)
        if slot == kNoWindow:
            raise MemoryError()
        while <uint64_t> len(self._contents) < self._table.capacity():
            self._contents.append(ABSENT)
            self._windows.append(None)
        self._keys.key_map.retain(key_id)
        return slot

    cdef int _schedule(self, uint32_t slot) except -1:
        """Register what ends a window whose bounds are now final for the moment."""
        cdef int64_t max_timestamp = self._max_timestamp(slot)
        cdef int64_t cleanup = self._cleanup_time(max_timestamp)
        if self._spec.trigger_kind == AT_WINDOW_END and (
            not self._spec.is_event_time or max_timestamp > self.watermark
        ):
            self._timer(slot, max_timestamp, self._spec.is_event_time)
        if cleanup != INT64_MAX:
            self._timer(slot, cleanup, self._spec.is_event_time)
        return 0

    cdef int _add(self, uint32_t slot, object value) except -1:
        cdef WindowSpec spec = self._spec
        contents = self._contents[slot]
        self._table.slot(slot).element_count += 1
        if spec.contents_kind == LISTED:
            if contents is ABSENT:
                self._contents[slot] = [value]
            else:
                (<list> contents).append(value)
        elif spec.contents_kind == REDUCED:
            self._contents[slot] = value if contents is ABSENT else spec.reduce(contents, value)
        else:
            if contents is ABSENT:
                contents = spec.create_accumulator()
            self._contents[slot] = spec.add(value, contents)
        return 0

    cdef int _on_element(self, uint32_t slot) except -1:
        """Ask the trigger about the row just added; a new window gets its timers here."""
        cdef WindowSpec spec = self._spec
        cdef WindowSlot *window = self._table.slot(slot)
        if spec.trigger_kind == AT_WINDOW_END:
            if window.element_count == 1 and spec.assigner_kind not in (SESSION, DYNAMIC_SESSION):
                self._schedule(slot)
            if spec.is_event_time and self._max_timestamp(slot) <= self.watermark:
                self._emit(slot)
                self._finish_or_wait(slot, KEEP)
        elif spec.trigger_kind == AT_COUNT:
            if window.element_count >= spec.count:
                window.element_count = 0
                self._emit(slot)
                # ids only grow, so a count window never sees another row
                self._finish_or_wait(slot, CLEAR)
        else:
            spec.trigger_context.bind(slot, self._window(slot))
            result = spec.trigger.on_element(self._row, self._time, self._window(slot), spec.trigger_context)
            if window.element_count == 1 and spec.assigner_kind not in (SESSION, DYNAMIC_SESSION):
                self._schedule(slot)
            self._obey(slot, result)
        return 0

    cdef int _obey(self, uint32_t slot, object result) except -1:
        cdef int after = PURGE if result.is_purge() else KEEP
        if result.is_fire():
            self._emit(slot)
        self._finish_or_wait(slot, after)
        return 0

    cdef int _next_timer(self, bint is_event_time) except -1:
        """Handle the next due timer; 0 when none is due."""
        cdef TimerHeap *heap = &self._event_timers if is_event_time else &self._processing_timers
        cdef Timer timer
        cdef uint32_t slot
        cdef int64_t max_timestamp
        cdef int after = KEEP
        if heap.empty() or heap.top().time_ms > self._firing_until:
            return 0
        timer = heap.top()
        heap.pop()
        slot = <uint32_t> timer.namespace_id
        if not self._table.is_current(slot, <uint32_t> (timer.namespace_id >> 32)):
            return 1
        self._keys.set_current(self._table.slot(slot).key_id)
        self._row = None
        self._time = timer.time_ms
        max_timestamp = self._max_timestamp(slot)
        if self._spec.trigger_kind == AT_WINDOW_END:
            if is_event_time == self._spec.is_event_time and timer.time_ms == max_timestamp:
                self._emit(slot)
        elif self._spec.trigger_kind == CUSTOM_TRIGGER:
            window = self._window(slot)
            self._spec.trigger_context.bind(slot, window)
            if is_event_time:
                result = self._spec.trigger.on_event_time(timer.time_ms, window, self._spec.trigger_context)
            else:
                result = self._spec.trigger.on_processing_time(timer.time_ms, window, self._spec.trigger_context)
            if result.is_fire():
                self._emit(slot)
            if result.is_purge():
                after = PURGE
        if is_event_time == self._spec.is_event_time and timer.time_ms == self._cleanup_time(max_timestamp):
            after = CLEAR
        self._finish_or_wait(slot, after)
        return 1

    cdef int _finish_or_wait(self, uint32_t slot, int after) except -1:
        """Do `after` now, or when the window function's open iterator has ended."""
        if self._iterator is None:
            self._finish(slot, after)
        else:
            self._after_slot = slot
            self._after = after
        return 0

    cdef int _finish(self, uint32_t slot, int after) except -1:
        if slot == kNoWindow or after == KEEP:
            return 0
        if after == PURGE:
            self._contents[slot] = ABSENT
            return 0
        self._clear(slot)
        return 0

    cdef int _clear(self, uint32_t slot) except -1:
        """End of a window's life: contents, trigger and function state go."""
        cdef WindowSpec spec = self._spec
        if spec.trigger_kind == CUSTOM_TRIGGER:
            spec.trigger_context.bind(slot, self._window(slot))
            spec.trigger.clear(self._window(slot), spec.trigger_context)
            spec.trigger_context.forget(slot)
        if spec.clear_function is not None:
            spec.function_context.bind(slot, self._window(slot))
            spec.clear_function(spec.function_context)
            spec.function_context.forget(slot)
        self._forget(slot)
        return 0

    cdef int _forget(self, uint32_t slot) except -1:
        cdef uint32_t key_id = self._table.slot(slot).key_id
        self._contents[slot] = ABSENT
        self._windows[slot] = None
        self._table.remove(slot)
        self._keys.key_map.release(key_id)
        return 0

    cdef int _emit(self, uint32_t slot) except -1:
        """Hand out the contents of a window, or open the window function's iterator."""
        cdef WindowSpec spec = self._spec
        contents = self._contents[slot]
        if contents is ABSENT:
            return 0
        self._emit_time = self._max_timestamp(slot)
        if spec.contents_kind == AGGREGATED:
            contents = spec.get_result(contents)
        if spec.emit_kind == PLAIN:
            contents = fix(contents) if spec.converter is None else spec.converter.convert(contents)
            self._output.append(contents, self._emit_time)
            return 0
        window = self._window(slot)
        elements = list(contents) if spec.contents_kind == LISTED else [contents]
        if spec.emit_kind == APPLY:
            if spec.is_all:
                results = spec.window_function(window, elements)
            else:
                results = spec.window_function(self._keys.current_key(), window, elements)
        else:
            spec.function_context.bind(slot, window)
            if spec.is_all:
                results = spec.window_function(spec.function_context, elements)
            else:
                results = spec.window_function(self._keys.current_key(), spec.function_context, elements)
        if results is not None:
            self._iterator = iter(results)
        return 0

    cdef Timer _timer_of(self, uint32_t slot, int64_t time_ms) noexcept:
        """The timer of a window as it is now: its generation tells it from an earlier tenant."""
        cdef uint64_t window = (<uint64_t> self._table.slot(slot).generation << 32) | slot
        return Timer(time_ms, window, self._table.slot(slot).key_id, 0)

    cdef int _timer(self, uint32_t slot, int64_t time_ms, bint is_event_time) except -1:
        cdef Timer timer = self._timer_of(slot, time_ms)
        cdef TimerHeap *heap = &self._event_timers if is_event_time else &self._processing_timers
        if heap.add(timer) < 0:
            raise MemoryError()
        return 0

    def register_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time):
        """For trigger contexts: wake the trigger of the window in `slot` at `time_ms`."""
        self._timer(slot, time_ms, is_event_time)

    def delete_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time):
        """For trigger contexts: take back a registered timer."""
        cdef TimerHeap *heap = &self._event_timers if is_event_time else &self._processing_timers
        # the engine's own clean-up timer of the window stays
        if is_event_time == self._spec.is_event_time and time_ms == self._cleanup_time(self._max_timestamp(slot)):
            return
        heap.remove(self._timer_of(slot, time_ms))

    cdef int64_t _max_timestamp(self, uint32_t slot) except? -1:
        cdef int64_t end = self._table.slot(slot).end
        if end != INT64_MAX:
            return end - 1
        window = self._windows[slot]
        return INT64_MAX if window is None else window.max_timestamp()

    cdef int64_t _cleanup_time(self, int64_t max_timestamp) noexcept:
        if not self._spec.is_event_time:
            return max_timestamp
        return saturating_add(max_timestamp, self._spec.lateness)

    cdef object _window(self, uint32_t slot):
        window = self._windows[slot]
        if window is None:
            window = self._spec.make_window(self._table.slot(slot).start, self._table.slot(slot).end)
            self._windows[slot] = window
        return window

    cdef int _handle_error(self, BaseException error) except -1:
        """Apply the operator's policy; 1 when the job must fail (after what was made so far)."""
        cdef WindowSpec spec = self._spec
        cdef uint32_t slot
        key = self._keys.current_key() if self._keys.has_key and not spec.is_all else None
        time = None if self._time == INT64_MIN else self._time
        failure = self._make_error(spec.info, error, self._row, key, time)
        if spec.error_action == "fail" or isinstance(error, MissingTimestamp):
            self._iterator = None
            self._spans.clear()
            self._span_index = 0
            self._row_is_open = False
            self._rows = None
            self._marks = None
            self._failure = failure
            return 1
        if self._iterator is not None:
            self._iterator = None
            slot, self._after_slot = self._after_slot, kNoWindow
            self._finish(slot, self._after)
        self.rows_skipped += 1
        if spec.error_action == "side-output":
            self._output.append_side(spec.error_tag, self._make_row_error(self._row, failure), self._time)
        return 0


class MissingTimestamp(Exception):
    """A row without event time reached an event-time window; becomes MissingTimestampError."""
