"""Flink's general window algorithm: state per (key, window), any assigner. See window.pyi."""

import cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint32_t

from flinkette._native.c_clock cimport coarse_monotonic_ns
from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.c_window_table cimport WindowSlot, kNoWindow
from flinkette._native.evicting cimport Evicting, stamped
from flinkette._native.live_windows cimport LiveWindows
from flinkette._native.row_kernel cimport RowKernel
from flinkette._native.row_output cimport (
    MODE_EVENT_TIMERS, MODE_ROWS, RowOutput, STATUS_DONE, STATUS_FULL, STATUS_MORE,
)
from flinkette._native.state cimport KeyContext
from flinkette._native.two_sides cimport Pairs, TwoSides
from flinkette._native.values cimport fix
from flinkette._native.window_assign cimport WindowAssignment
from flinkette._native.window_merge cimport WindowMerging
from flinkette._native.window_spec cimport (
    AGGREGATED, APPLY, AT_COUNT, AT_WINDOW_END, CO_GROUPED, CUSTOM_MERGING, CUSTOM_TRIGGER,
    DYNAMIC_SESSION, FLAT_JOINED, LISTED, PLAIN, REDUCED, SESSION, TWO_SIDED, Span, WindowSpec,
    saturating_add,
)


cdef extern from "Python.h":
    PyObject *PyIter_Next(object iterator) except? NULL

# what to do with a window after its results were handed out
cdef int KEEP = 0
cdef int PURGE = 1
cdef int CLEAR = 2


@cython.final
cdef class WindowOperator(RowKernel):
    """Windows of one subtask, resumable at any row, window and result. Slot thread only."""

    def __cinit__(self, WindowSpec spec not None, *, KeyContext keys not None, now_ms not None,
                  tag_class, make_error, make_row_error):
        self._spec = spec
        self._keys = keys
        self._now_ms = now_ms
        self._tag_class = tag_class
        self._make_error = make_error
        self._make_row_error = make_row_error
        self._live = LiveWindows(spec, keys)
        self._assignment = WindowAssignment(spec, keys)
        self._merging = WindowMerging(spec, self._live, self._assignment)
        self._evicting = Evicting(spec)
        self._output = RowOutput()
        self.watermark = INT64_MIN
        self._after_slot = kNoWindow

    @property
    def live_windows(self):
        return self._live.table.live_count()

    def select_input(self, int index):
        self._input = index

    def windows(self):
        return self._live.listed()

    def pending(self, bint is_event_time):
        return self._live.pending(is_event_time)

    def next_processing_time(self):
        """Earliest processing time in ms at which something is due, or None."""
        if self._live.processing_timers.empty():
            return None
        return self._live.processing_timers.top().time_ms

    cdef int _begin_run(self) except -1:
        self._now = self._now_ms()
        return 0

    cdef int _see_watermark(self, int64_t time) noexcept:
        self.watermark = time
        return 0

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1:
        while True:
            if self._iterator is not None:
                self._pull()
            elif self._span_index < self._assignment.spans.size():
                self._add_to_span()
            elif self._row_is_open:
                self._close_row()
            elif self._mode == MODE_ROWS:
                if not self._next_row():
                    return STATUS_DONE
            elif not self._next_timer(self._mode == MODE_EVENT_TIMERS) and not (
                self._ends_keys and self._next_timer(False)
            ):
                return STATUS_DONE
            if len(self._output.values) >= max_rows:
                return STATUS_FULL
            if coarse_monotonic_ns() > deadline_ns:
                return STATUS_MORE

    cdef int _pull(self) except -1:
        """Take the next result of the window function whose iterator is open."""
        cdef PyObject *item = PyIter_Next(self._iterator)
        if item is NULL:
            self._iterator = self._pairs = None
            self._end_hand_out()
            return 0
        value = <object> item
        Py_DECREF(value)
        if type(value) is tuple and len(<tuple> value) == 2 \
                and isinstance((<tuple> value)[0], self._tag_class):
            self._output.yield_side((<tuple> value)[0], (<tuple> value)[1], self._emit_time)
            return 0
        value = fix(value) if self._spec.converter is None else self._spec.converter.convert(value)
        self._output.append(value, self._emit_time)
        return 0

    cdef int _next_row(self) except -1:
        cdef Py_ssize_t cursor
        if self._marks is not None and self._pass_marks():
            return 1
        self._row_has_failed = False
        cursor = self._cursor
        if self._rows is None or cursor >= len(self._rows):
            return 0
        if self._ends_keys and self._end_key_before(self._id_data[cursor]):
            return 1
        self._cursor = cursor + 1
        self._row = self._rows[cursor]
        self._row_is_open = True
        self._keys.set_current(self._id_data[cursor])
        if self._spec.is_event_time:
            self._time = INT64_MIN if self._times is None else self._times.data[cursor]
            if self._time == INT64_MIN:
                raise MissingTimestamp()
        else:
            self._time = self._now
        self._stamp = INT64_MIN if self._times is None else self._times.data[cursor]
        self._span_index = 0
        self._row_is_skipped = True
        self._assignment.spans.clear()
        self._assignment.assign(self._row, self._time)
        return 1

    cdef int _drop_key(self) except -1:
        """Windows without an end go with the key; all others have ended by now."""
        cdef uint32_t slot
        while True:
            slot = self._live.table.first_of_key(self._keys.current_id)
            if slot == kNoWindow:
                return self._keys.drop_all()
            self._spec.trigger_context.forget(slot)
            self._spec.function_context.forget(slot)
            self._live.forget(slot)

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

    cdef int _add_to_span(self) except -1:
        """Add the current row to its next window and let the trigger speak."""
        cdef uint32_t slot = self._slot_of_span(self._assignment.spans[self._span_index])
        if slot == kNoWindow:
            return 0
        self._row_is_skipped = False
        if not self._row_has_failed:
            self._is_adding = True
            self._add(slot, self._row if self._assignment.spans.size() == 1 else fix(self._row))
            self._is_adding = False
        self._live.table.slot(slot).element_count += 1
        self._on_element(slot)
        return 0

    cdef uint32_t _slot_of_span(self, Span span) except? 4294967294:
        """Slot of the window that the row's next span means; kNoWindow if it is gone."""
        cdef uint32_t slot
        cdef uint32_t key_id = self._keys.current_id
        self._span_index += 1
        if self._spec.assigner_kind in (SESSION, DYNAMIC_SESSION):
            return self._merging.session(key_id, span, self.watermark)
        window = None
        if self._assignment.windows:
            window = self._assignment.windows[self._span_index - 1]
        if self._spec.assigner_kind == CUSTOM_MERGING:
            return self._merging.custom(key_id, window, self.watermark)
        slot = self._live.table.find(key_id, span.start, span.end)
        if slot == kNoWindow:
            max_timestamp = span.end - 1 if window is None else window.max_timestamp()
            if self._live.is_gone(max_timestamp, self.watermark):
                return kNoWindow
            slot = self._live.new_slot(key_id, span)
            self._live.windows[slot] = window
            self._live.schedule(slot, self.watermark)
        return slot

    cdef int _add(self, uint32_t slot, object value) except -1:
        cdef WindowSpec spec = self._spec
        contents = self._live.contents[slot]
        if spec.is_listed:
            if spec.has_evictor:
                value = stamped(value, self._stamp)
            if contents is self._live.absent:
                self._live.contents[slot] = [value]
            else:
                (<list> contents).append(value)
        elif spec.contents_kind == TWO_SIDED:
            if contents is self._live.absent:
                contents = self._live.contents[slot] = TwoSides()
            (<TwoSides> contents).append(self._input, value)
        elif spec.contents_kind == REDUCED:
            if contents is not self._live.absent:
                value = spec.reduce(contents, value)
            self._live.contents[slot] = value
        else:
            if contents is self._live.absent:
                contents = spec.create_accumulator()
            self._live.contents[slot] = spec.add(value, contents)
        return 0

    cdef int _on_element(self, uint32_t slot) except -1:
        """Ask the trigger about the row just added."""
        cdef WindowSpec spec = self._spec
        cdef WindowSlot *window = self._live.table.slot(slot)
        if spec.trigger_kind == AT_WINDOW_END:
            if spec.is_event_time and self._live.max_timestamp(slot) <= self.watermark:
                self._hand_out(slot, KEEP, True)
        elif spec.trigger_kind == AT_COUNT:
            if window.element_count >= spec.count:
                window.element_count = 0
                # ids only grow, so a count window never sees another row
                self._hand_out(slot, CLEAR, True)
        else:
            spec.trigger_context.bind(slot, self._live.window(slot))
            result = spec.trigger.on_element(
                self._row, self._time, self._live.window(slot), spec.trigger_context
            )
            self._obey(slot, result)
        return 0

    cdef int _obey(self, uint32_t slot, object result) except -1:
        self._check_answer(result)
        return self._hand_out(slot, PURGE if result.is_purge() else KEEP, result.is_fire())

    cdef int _check_answer(self, object result) except -1:
        """Refuse what a trigger returns if it is no TriggerResult."""
        if hasattr(result, "is_purge"):
            return 0
        raise TypeError(
            f"{type(self._spec.trigger).__name__} returned {result!r}; a trigger returns a "
            "TriggerResult, for example TriggerResult.CONTINUE"
        )

    cdef int _next_timer(self, bint is_event_time) except -1:
        """Handle the next due timer; 0 when none is due."""
        cdef LiveWindows live = self._live
        cdef TimerHeap *heap = &live.event_timers if is_event_time else &live.processing_timers
        cdef Timer timer
        cdef uint32_t slot
        cdef int64_t max_timestamp
        cdef bint is_firing = False
        cdef int after = KEEP
        if heap.empty() or heap.top().time_ms > self._firing_until:
            return 0
        timer = heap.top()
        heap.pop()
        slot = <uint32_t> timer.namespace_id
        if not self._live.table.is_current(slot, <uint32_t> (timer.namespace_id >> 32)):
            return 1
        self._keys.set_current(self._live.table.slot(slot).key_id)
        self._row = None
        self._time = timer.time_ms
        max_timestamp = self._live.max_timestamp(slot)
        if is_event_time == self._spec.is_event_time \
                and timer.time_ms == live.cleanup_time(max_timestamp):
            after = CLEAR
        # known before user code runs: a window whose trigger or function raises must end too
        self._after_slot = slot
        self._after = after
        if self._spec.trigger_kind == AT_WINDOW_END:
            is_firing = is_event_time == self._spec.is_event_time and timer.time_ms == max_timestamp
        elif self._spec.trigger_kind == CUSTOM_TRIGGER:
            window = self._live.window(slot)
            self._spec.trigger_context.bind(slot, window)
            if is_event_time:
                call = self._spec.trigger.on_event_time
            else:
                call = self._spec.trigger.on_processing_time
            result = call(timer.time_ms, window, self._spec.trigger_context)
            self._check_answer(result)
            is_firing = result.is_fire()
            if result.is_purge() and after == KEEP:
                after = PURGE
        self._hand_out(slot, after, is_firing)
        return 1

    cdef int _hand_out(self, uint32_t slot, int after, bint is_firing) except -1:
        """Fire a window or not, then do `after`, once the function's iterator has ended."""
        self._after_slot = slot
        self._after = after
        if is_firing:
            self._emit(slot)
        if self._iterator is None:
            self._end_hand_out()
        return 0

    cdef int _end_hand_out(self) except -1:
        cdef uint32_t slot = self._after_slot
        if self._has_evicted_before:
            # taken back first: an evictor that raises is not called for this firing again
            self._has_evicted_before = False
            self._evict_after(slot)
        self._after_slot = kNoWindow
        return self._finish(slot, self._after)

    cdef int _evict_after(self, uint32_t slot) except -1:
        """Let the evictor see the rows that the function has seen."""
        contents = self._live.contents[slot]
        self._evicting.after(contents, self._live.window(slot))
        if not contents:
            self._live.contents[slot] = self._live.absent
        return 0

    cdef int _finish(self, uint32_t slot, int after) except -1:
        if slot == kNoWindow or after == KEEP:
            return 0
        if after == PURGE:
            self._live.contents[slot] = self._live.absent
            return 0
        self._clear(slot)
        return 0

    cdef int _clear(self, uint32_t slot) except -1:
        """End of a window's life: contents, trigger and function state go."""
        cdef WindowSpec spec = self._spec
        try:
            if spec.trigger_kind == CUSTOM_TRIGGER:
                spec.trigger_context.bind(slot, self._live.window(slot))
                spec.trigger.clear(self._live.window(slot), spec.trigger_context)
            if spec.clear_function is not None:
                spec.function_context.bind(slot, self._live.window(slot))
                spec.clear_function(spec.function_context)
        finally:
            if spec.trigger_kind == CUSTOM_TRIGGER:
                spec.trigger_context.forget(slot)
            if spec.clear_function is not None:
                spec.function_context.forget(slot)
            self._live.forget(slot)
        return 0

    cdef int _emit(self, uint32_t slot) except -1:
        """Hand out the contents of a window, or open the window function's iterator."""
        cdef WindowSpec spec = self._spec
        contents = self._live.contents[slot]
        if contents is self._live.absent:
            return 0
        self._emit_time = self._live.max_timestamp(slot)
        if spec.has_evictor:
            self._has_evicted_before = True
            contents = self._evicting.before(contents, self._live.window(slot))
            if spec.contents_kind != LISTED:
                contents = self._evicting.fold(contents, self._live.absent)
                if contents is self._live.absent:
                    return 0
        if spec.contents_kind == AGGREGATED:
            contents = spec.get_result(contents)
        if spec.emit_kind == PLAIN:
            contents = fix(contents) if spec.converter is None else spec.converter.convert(contents)
            self._output.append(contents, self._emit_time)
            return 0
        if spec.contents_kind == TWO_SIDED:
            return self._emit_two_sides(contents)
        window = self._live.window(slot)
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
                key = self._keys.current_key()
                results = spec.window_function(key, spec.function_context, elements)
        if results is not None:
            self._iterator = iter(results)
        return 0

    cdef int _emit_two_sides(self, TwoSides sides) except -1:
        cdef WindowSpec spec = self._spec
        if spec.emit_kind == CO_GROUPED:
            results = spec.window_function(list(sides.first), list(sides.second))
            self._iterator = None if results is None else iter(results)
        else:
            self._pairs = Pairs(sides, spec.window_function, spec.emit_kind == FLAT_JOINED)
            self._iterator = self._pairs
        return 0

    def register_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time):
        """For trigger contexts: wake the trigger of the window in `slot` at `time_ms`."""
        # at the end of a key there is no later time: such a timer would only end it over and over
        if not (self._ends_keys and self.watermark == INT64_MAX):
            self._live.add_timer(slot, time_ms, is_event_time)

    def delete_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time):
        """For trigger contexts: take back a registered timer."""
        self._live.remove_timer(slot, time_ms, is_event_time)

    cdef int _handle_error(self, BaseException error) except -1:
        """Apply the operator's policy; 1 when the job must fail (after what was made so far)."""
        cdef WindowSpec spec = self._spec
        key = self._keys.current_key() if self._keys.has_key and not spec.is_all else None
        time = self._time if spec.is_event_time and self._time != INT64_MIN else None
        has_row = self._row_is_open and self._after_slot == kNoWindow
        what = self._row if has_row else self._live.firing(self._after_slot)
        if self._pairs is not None:
            what = self._pairs.current()
        info = spec.info
        if has_row and spec.input_infos is not None:
            info = spec.input_infos[self._input]
        failure = self._make_error(info, error, what, key, time)
        if spec.error_action == "fail" or isinstance(error, MissingTimestamp):
            self._iterator = self._pairs = None
            self._assignment.spans.clear()
            self._span_index = 0
            self._row_is_open = False
            self._rows = None
            self._marks = None
            self._failure = failure
            return 1
        self._has_evicted_before = False
        if self._pairs is None:
            self._iterator = None
            self._end_hand_out()
        if self._is_adding:
            # the row is dropped from its other windows; windows of rows count it all the same
            self._is_adding = False
            self._row_has_failed = True
            if spec.trigger_kind == AT_COUNT:
                self._span_index -= 1
            else:
                self._assignment.spans.clear()
                self._span_index = 0
        self.rows_skipped += 1
        if spec.error_action == "side-output":
            failed = self._make_row_error(self._row if self._pairs is None else what, failure)
            self._output.append_side(spec.error_tag, failed, self._time)
        return 0


class MissingTimestamp(Exception):
    """A row without event time reached an event-time window; becomes MissingTimestampError."""
