"""Watermarks inside a batch. See marks.pyi."""

import cython
from libc.stdint cimport INT64_MIN, int64_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer


@cython.final
cdef class Marks:
    """Where watermarks stand between the rows of a batch. Immutable."""

    def __cinit__(self, Int64Buffer stops not None, Int64Buffer times not None):
        if stops.length != times.length or stops.length == 0:
            raise ValueError(f"{stops.length} stops and {times.length} times of marks")
        self.stops = stops
        self.times = times

    cdef int64_t last(self) noexcept:
        return self.times.data[self.times.length - 1]

    @property
    def last_time(self):
        return self.last()

    def __len__(self):
        return self.stops.length

    def __eq__(self, other):
        return isinstance(other, Marks) and list(self.stops) == list(other.stops) \
            and list(self.times) == list(other.times)

    def __repr__(self):
        return f"Marks({list(zip(self.stops, self.times))})"

    def after_take(self, Uint32Buffer rows not None):
        """The marks among the rows that `take(rows)` keeps; `rows` ascend."""
        cdef Int64Buffer stops = Int64Buffer.allocate(self.stops.length)
        cdef Py_ssize_t mark
        cdef Py_ssize_t kept = 0
        with nogil:
            for mark in range(self.stops.length):
                while kept < rows.length and rows.data[kept] < self.stops.data[mark]:
                    kept += 1
                stops.data[mark] = kept
        return Marks(stops, self.times)

    def clipped(self, int64_t limit, int64_t announced):
        """The marks that still say something when no watermark may pass `limit`.

        None when all of them are at or before `announced`.
        """
        cdef Int64Buffer stops, times
        cdef Py_ssize_t mark
        cdef Py_ssize_t kept = 0
        cdef int64_t time
        if self.last() <= limit and self.times.data[0] > announced:
            return self
        stops = Int64Buffer.allocate(self.stops.length)
        times = Int64Buffer.allocate(self.stops.length)
        for mark in range(self.stops.length):
            time = min(self.times.data[mark], limit)
            if time > announced:
                announced = time
                stops.data[kept] = self.stops.data[mark]
                times.data[kept] = time
                kept += 1
        return None if kept == 0 else Marks(stops.slice(0, kept), times.slice(0, kept))


def mark_crossings(
    Int64Buffer times not None, int64_t running_max, int64_t interval_ms, int64_t bound_ms
):
    """Marks where the running maximum enters a later multiple of `interval_ms`.

    The watermark there is the maximum - bound_ms - 1. Returns (marks or None, maximum at the end).
    """
    cdef Int64Buffer stops = Int64Buffer.allocate(times.length)
    cdef Int64Buffer found = Int64Buffer.allocate(times.length)
    cdef Py_ssize_t index
    cdef Py_ssize_t kept = 0
    cdef int64_t period, entered
    with nogil:
        period = INT64_MIN if running_max == INT64_MIN else floor_divide(running_max, interval_ms)
        for index in range(times.length):
            if times.data[index] > running_max:
                running_max = times.data[index]
                entered = floor_divide(running_max, interval_ms)
                if entered > period:
                    period = entered
                    stops.data[kept] = index + 1
                    found.data[kept] = subtract_bound(running_max, bound_ms)
                    kept += 1
    if kept == 0:
        return None, running_max
    return Marks(stops.slice(0, kept), found.slice(0, kept)), running_max


cdef inline int64_t floor_divide(int64_t value, int64_t by) noexcept nogil:
    cdef int64_t quotient = value // by
    return quotient - 1 if value % by < 0 else quotient


cdef inline int64_t subtract_bound(int64_t time, int64_t bound_ms) noexcept nogil:
    """time - bound - 1 that stops above the smallest int64, which means "no watermark"."""
    return INT64_MIN + 1 if time < INT64_MIN + 2 + bound_ms else time - bound_ms - 1
