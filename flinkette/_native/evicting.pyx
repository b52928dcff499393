"""Rows of windows that have an evictor: each with its time. See evicting.pyi."""

import cython
from libc.stdint cimport INT64_MIN, int64_t

from flinkette._native.window_spec cimport AGGREGATED, REDUCED, WindowSpec


@cython.final
cdef class TimestampedValue:
    """A row of a window, with its event time if it has one. Immutable."""

    def __cinit__(self, value, timestamp=None):
        self._value = value
        self._timestamp = INT64_MIN if timestamp is None else timestamp

    def get_value(self):
        """Return the row."""
        return self._value

    def get_timestamp(self):
        """Return the row's event time in ms; ValueError if it has none."""
        if self._timestamp == INT64_MIN:
            raise ValueError(
                f"the row {self._value!r} has no timestamp; ask has_timestamp() first, or give the "
                "stream assign_timestamps_and_watermarks(...)"
            )
        return self._timestamp

    def has_timestamp(self):
        """Tell whether the row has an event time."""
        return self._timestamp != INT64_MIN

    def __repr__(self):
        if self._timestamp == INT64_MIN:
            return f"TimestampedValue({self._value!r})"
        return f"TimestampedValue({self._value!r}, {self._timestamp})"


cdef object stamped(object value, int64_t timestamp):
    """Make the element of a window; INT64_MIN: the row has no time."""
    cdef TimestampedValue element = TimestampedValue.__new__(TimestampedValue, value)
    element._timestamp = timestamp
    return element


@cython.final
cdef class Evicting:
    """What a window's rows go through when it fires. Slot thread only."""

    def __cinit__(self, WindowSpec spec not None):
        self._spec = spec

    cdef list before(self, list contents, object window):
        """Let the evictor take rows out; the values of the others."""
        self._spec.evict_before(contents, len(contents), window, self._spec.trigger_context)
        return [(<TimestampedValue?> element)._value for element in contents]

    cdef int after(self, list contents, object window) except -1:
        """Let the evictor take rows out that the function has seen."""
        self._spec.evict_after(contents, len(contents), window, self._spec.trigger_context)
        return 0

    cdef object fold(self, list values, object nothing):
        """Reduce or aggregate the rows that were left; `nothing` for a reduce of none."""
        cdef WindowSpec spec = self._spec
        if spec.contents_kind == REDUCED:
            result = nothing
            for value in values:
                result = value if result is nothing else spec.reduce(result, value)
            return result
        assert spec.contents_kind == AGGREGATED
        result = spec.create_accumulator()
        for value in values:
            result = spec.add(value, result)
        return result


def evict_old(list elements not None, int64_t keep_ms):
    cdef int64_t latest = INT64_MIN
    cdef TimestampedValue element
    if not elements or (<TimestampedValue?> elements[0])._timestamp == INT64_MIN:
        return
    for element in elements:
        latest = max(latest, element._timestamp)
    # a difference that leaves 64 bits is older than anything that could be asked for
    if latest < INT64_MIN + keep_ms:
        return
    elements[:] = [element for element in elements if element._timestamp > latest - keep_ms]


def evict_far(list elements not None, delta, threshold):
    if not elements:
        return
    last = (<TimestampedValue?> elements[len(elements) - 1])._value
    elements[:] = [
        element for element in elements
        # not `<`: a delta that is NaN is not far
        if not delta((<TimestampedValue?> element)._value, last) >= threshold
    ]
