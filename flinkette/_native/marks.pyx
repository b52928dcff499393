"""Watermarks inside a batch. See marks.pyi."""

import cython
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer

# Rows whose maximum is taken at once: most periods are longer.
cdef Py_ssize_t BLOCK_ROWS = 64


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

    def in_rows(self, Py_ssize_t start, Py_ssize_t stop):
        """The marks of rows start to stop - 1 when a batch is cut there; None if there is none.

        A mark belongs to the row before it, one before all rows to the first.
        """
        cdef Py_ssize_t mark
        cdef Py_ssize_t first = 0
        cdef Int64Buffer stops
        while first < self.stops.length and start > 0 and self.stops.data[first] <= start:
            first += 1
        mark = first
        while mark < self.stops.length and self.stops.data[mark] <= stop:
            mark += 1
        if mark == first:
            return None
        stops = Int64Buffer.allocate(mark - first)
        for mark in range(stops.length):
            stops.data[mark] = self.stops.data[first + mark] - start
        return Marks(stops, self.times.slice(first, first + stops.length))

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
    cdef vector[int64_t] stops, found
    cdef Py_ssize_t start, index
    cdef Py_ssize_t stop = 0
    cdef int64_t time, largest
    cdef int64_t period_end = running_max
    if running_max != INT64_MIN:
        period_end = end_of_period(running_max, interval_ms)
    with nogil:
        while stop < times.length:
            start = stop
            stop = min(start + BLOCK_ROWS, times.length)
            largest = max_of(times.data + start, stop - start)
            running_max = max(running_max, largest)
            if largest <= period_end:
                continue
            for index in range(start, stop):
                time = times.data[index]
                if time > period_end:
                    period_end = end_of_period(time, interval_ms)
                    stops.push_back(index + 1)
                    found.push_back(subtract_bound(time, bound_ms))
    if stops.empty():
        return None, running_max
    return Marks(copied(stops), copied(found)), running_max


cdef int64_t max_of(const int64_t *times, Py_ssize_t count) noexcept nogil:
    """Largest of at least one time, in four chains that do not wait for one another."""
    cdef Py_ssize_t index
    cdef int64_t first = times[0]
    cdef int64_t second = first
    cdef int64_t third = first
    cdef int64_t fourth = first
    for index in range(0, count - 3, 4):
        first = max(first, times[index])
        second = max(second, times[index + 1])
        third = max(third, times[index + 2])
        fourth = max(fourth, times[index + 3])
    for index in range(count - count % 4, count):
        first = max(first, times[index])
    return max(max(first, second), max(third, fourth))


cdef inline int64_t end_of_period(int64_t time, int64_t interval_ms) noexcept nogil:
    """The last ms before the next multiple of the interval, or the largest int64."""
    cdef int64_t since_start = time % interval_ms
    if since_start < 0:
        since_start += interval_ms
    cdef int64_t left = interval_ms - 1 - since_start
    return INT64_MAX if time > INT64_MAX - left else time + left


cdef Int64Buffer copied(const vector[int64_t] &values):
    cdef Int64Buffer copy = Int64Buffer.allocate(<Py_ssize_t> values.size())
    memcpy(copy.data, values.data(), values.size() * sizeof(int64_t))
    return copy


cdef inline int64_t subtract_bound(int64_t time, int64_t bound_ms) noexcept nogil:
    """time - bound - 1 that stops above the smallest int64, which means "no watermark"."""
    return INT64_MIN + 1 if time < INT64_MIN + 2 + bound_ms else time - bound_ms - 1
