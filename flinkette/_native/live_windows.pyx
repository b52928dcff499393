"""The live windows of one subtask: slots, contents, objects, timers. See live_windows.pyi."""

import cython
from libc.stdint cimport INT64_MAX, int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.c_window_table cimport kNoWindow
from flinkette._native.row_context import Firing
from flinkette._native.state cimport KeyContext
from flinkette._native.window_spec cimport AT_WINDOW_END, Span, WindowSpec, saturating_add

cdef object ABSENT = object()


@cython.final
cdef class LiveWindows:
    """Windows by slot. Not thread safe; a live window keeps its key's id alive."""

    def __cinit__(self, WindowSpec spec not None, KeyContext keys not None):
        self.spec = spec
        self.keys = keys
        self.contents = []
        self.windows = []
        self.absent = ABSENT

    cdef uint32_t new_slot(self, uint32_t key_id, Span span) except? 4294967294:
        cdef cbool is_new = False
        cdef uint32_t slot = self.table.find_or_add(key_id, span.start, span.end, &is_new)
        if slot == kNoWindow:
            raise MemoryError()
        while <uint64_t> len(self.contents) < self.table.capacity():
            self.contents.append(ABSENT)
            self.windows.append(None)
        self.keys.key_map.retain(key_id)
        return slot

    cdef int forget(self, uint32_t slot) except -1:
        cdef uint32_t key_id = self.table.slot(slot).key_id
        self.contents[slot] = ABSENT
        self.windows[slot] = None
        self.table.remove(slot)
        self.keys.key_map.release(key_id)
        return 0

    cdef list listed(self):
        """(key, window) of each, in no particular order."""
        cdef uint32_t slot
        cdef list made = []
        for slot in range(<uint32_t> self.table.capacity()):
            if self.table.slot(slot).is_live:
                key = self.keys.key_map.key_object(self.table.slot(slot).key_id)
                made.append((key, self.window(slot)))
        return made

    cdef list pending(self, bint is_event_time):
        """(time, key, window) of the timers of a time domain, as they would fire."""
        cdef vector[Timer] timers
        cdef Timer timer
        cdef uint32_t slot
        cdef list made = []
        cdef TimerHeap *heap = &self.processing_timers
        if is_event_time:
            heap = &self.event_timers
        if not heap.list(&timers):
            raise MemoryError()
        for timer in timers:
            slot = <uint32_t> timer.namespace_id
            # the timer of a window that is gone does nothing when its time comes
            if self.table.is_current(slot, <uint32_t> (timer.namespace_id >> 32)):
                key = self.keys.key_map.key_object(timer.key_id)
                made.append((timer.time_ms, key, self.window(slot)))
        return made

    cdef int schedule(self, uint32_t slot, int64_t watermark) except -1:
        """Register what ends a window whose bounds are now final for the moment."""
        cdef int64_t max_timestamp = self.max_timestamp(slot)
        cdef int64_t cleanup = self.cleanup_time(max_timestamp)
        if self.spec.trigger_kind == AT_WINDOW_END and (
            not self.spec.is_event_time or max_timestamp > watermark
        ):
            self.add_timer(slot, max_timestamp, self.spec.is_event_time)
        if cleanup != INT64_MAX:
            self.add_timer(slot, cleanup, self.spec.is_event_time)
        return 0

    cdef Timer timer_of(self, uint32_t slot, int64_t time_ms) noexcept:
        """The timer of a window as it is now: its generation tells it from an earlier tenant."""
        cdef uint64_t window = (<uint64_t> self.table.slot(slot).generation << 32) | slot
        return Timer(time_ms, window, self.table.slot(slot).key_id, 0)

    cdef int add_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time) except -1:
        cdef Timer timer = self.timer_of(slot, time_ms)
        cdef TimerHeap *heap = &self.event_timers if is_event_time else &self.processing_timers
        if heap.add(timer) < 0:
            raise MemoryError()
        return 0

    cdef int remove_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time) except -1:
        """Take a timer back; the engine's own clean-up timer of the window stays."""
        cdef int64_t cleanup = self.cleanup_time(self.max_timestamp(slot))
        if is_event_time == self.spec.is_event_time and time_ms == cleanup:
            return 0
        if is_event_time:
            self.event_timers.remove(self.timer_of(slot, time_ms))
        else:
            self.processing_timers.remove(self.timer_of(slot, time_ms))
        return 0

    cdef int64_t max_timestamp(self, uint32_t slot) except? -1:
        cdef int64_t end = self.table.slot(slot).end
        if end != INT64_MAX:
            return end - 1
        window = self.windows[slot]
        return INT64_MAX if window is None else window.max_timestamp()

    cdef int64_t cleanup_time(self, int64_t max_timestamp) noexcept:
        if not self.spec.is_event_time:
            return max_timestamp
        return saturating_add(max_timestamp, self.spec.lateness)

    cdef bint is_gone(self, int64_t max_timestamp, int64_t watermark) noexcept:
        """Tell whether a window of event time has been cleared for good."""
        return self.spec.is_event_time and self.cleanup_time(max_timestamp) <= watermark

    cdef object window(self, uint32_t slot):
        window = self.windows[slot]
        if window is None:
            window = self.spec.make_window(self.table.slot(slot).start, self.table.slot(slot).end)
            self.windows[slot] = window
        return window

    cdef object firing(self, uint32_t slot):
        """What stands in errors for a row: the window in `slot`, if it is known, fires."""
        if slot == kNoWindow:
            return Firing("while a window ended")
        return Firing(f"while {self.window(slot)!r} fired")
