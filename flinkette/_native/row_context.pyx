"""What process functions get as context: time, current key, timers. See row_context.pyi."""

from operator import index

import cython
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t
from libcpp.vector cimport vector

from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.state cimport KeyContext


class Firing:
    """Stands in errors for the row of user code that ran because of the time, not of a row."""

    def __init__(self, what):
        self.what = what


cdef int64_t timer_time(object timestamp) except? -1:
    """The time of a timer in ms; anything but an int of 64 bits is an error that says so."""
    cdef object time
    try:
        time = index(timestamp)
    except TypeError:
        raise TypeError(
            f"the time of a timer must be an int of ms, got {timestamp!r}; a time in seconds needs "
            "int(seconds * 1000)"
        ) from None
    if not INT64_MIN <= time <= INT64_MAX:
        raise ValueError(
            f"the time of a timer must be an int of 64 bits, got {timestamp!r}: it is in ms since "
            "1970, not in us or ns"
        )
    return time


@cython.final
cdef class TimerService:
    """Timers of one keyed operator, and its clocks. Slot thread only."""

    def __cinit__(self, KeyContext keys, now_ms not None):
        self._keys = keys
        self._watermark = INT64_MIN
        self._now_ms = now_ms

    def current_processing_time(self):
        return self._now_ms()

    def current_watermark(self):
        return self._watermark

    def register_event_time_timer(self, timestamp):
        self._add(&self._event_timers, timer_time(timestamp))

    def register_processing_time_timer(self, timestamp):
        self._add(&self._processing_timers, timer_time(timestamp))

    def delete_event_time_timer(self, timestamp):
        self._remove(&self._event_timers, timer_time(timestamp))

    def delete_processing_time_timer(self, timestamp):
        self._remove(&self._processing_timers, timer_time(timestamp))

    def advance(self, int64_t watermark):
        """Set the watermark that functions see; the caller fires the timers."""
        self._watermark = watermark

    def next_processing_time(self):
        """Earliest registered processing time in ms, or None."""
        return None if self._processing_timers.empty() else self._processing_timers.top().time_ms

    def pending(self, bint is_event_time):
        cdef vector[Timer] timers
        cdef TimerHeap *heap = &self._processing_timers
        if is_event_time:
            heap = &self._event_timers
        if not heap.list(&timers):
            raise MemoryError()
        return [(timer.time_ms, self._keys.key_map.key_object(timer.key_id)) for timer in timers]

    cdef int _add(self, TimerHeap *heap, int64_t time_ms) except -1:
        if self._keys is None:
            raise RuntimeError("timers need a keyed stream: call key_by(...) before process(...)")
        self._keys.check_key()
        if self._ends_keys and self._watermark == INT64_MAX:
            return 0
        cdef Timer timer = Timer(time_ms, 0, self._keys.current_id, 0)
        cdef int added = heap.add(timer)
        if added < 0:
            raise MemoryError()
        if added:
            self._keys.key_map.retain(self._keys.current_id)
            if self._keys.is_logging:
                self._changes.push_back(TimerChange(timer, heap, True))
        return 0

    cdef int _remove(self, TimerHeap *heap, int64_t time_ms) except -1:
        if self._keys is None:
            raise RuntimeError("timers need a keyed stream: call key_by(...) before process(...)")
        self._keys.check_key()
        cdef Timer timer = Timer(time_ms, 0, self._keys.current_id, 0)
        if heap.remove(timer):
            self._keys.key_map.release(self._keys.current_id)
            if self._keys.is_logging:
                self._changes.push_back(TimerChange(timer, heap, False))
        return 0

    cdef int roll_back(self) except -1:
        """Undo what the current row registered and deleted."""
        cdef TimerChange change
        while self._changes.size():
            change = self._changes.back()
            self._changes.pop_back()
            if change.is_added:
                change.heap.remove(change.timer)
                self._keys.key_map.release(change.timer.key_id)
            elif change.heap.add(change.timer) < 0:
                raise MemoryError()
            else:
                self._keys.key_map.retain(change.timer.key_id)
        return 0


cdef class RowContext:
    """What process functions get as `ctx`. Valid during the call it was passed to."""

    def __cinit__(self, KeyContext keys, TimerService timers, time_domain=None):
        self._time = INT64_MIN
        self.key_context = keys
        self._timers = timers
        self._time_domain = time_domain

    def timestamp(self):
        return self._time

    def timer_service(self):
        return self._timers

    def get_current_key(self):
        if self.key_context is None:
            raise RuntimeError("get_current_key() needs a keyed stream")
        return (<KeyContext> self.key_context).current_key()

    def time_domain(self):
        return self._time_domain
