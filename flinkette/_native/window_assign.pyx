"""Which windows a row belongs to. See window_assign.pyi."""

import cython
from libc.stdint cimport INT64_MAX, int64_t, uint32_t

from flinkette._native.state cimport KeyContext
from flinkette._native.window_spec cimport (
    COUNT_TUMBLING,
    CUSTOM_ASSIGNER,
    CUSTOM_MERGING,
    DYNAMIC_SESSION,
    SESSION,
    SLIDING,
    TUMBLING,
    AssignerKind,
    Span,
    WindowSpec,
    floor_start,
    saturating_add,
)


@cython.final
cdef class WindowAssignment:
    """Assigns rows to windows; `spans` holds those of the last row. Slot thread only."""

    def __cinit__(self, WindowSpec spec not None, KeyContext keys not None):
        self._spec = spec
        self._keys = keys
        self._interned = {}
        self.windows = []

    cdef int assign(self, object row, int64_t time) except -1:
        """Fill `spans` with the windows of a row of the current key."""
        cdef WindowSpec spec = self._spec
        cdef Span span
        cdef int64_t count, start
        cdef AssignerKind kind = spec.assigner_kind
        self.spans.clear()
        if kind == TUMBLING:
            span.start = floor_start(time, spec.offset, spec.size)
            span.end = saturating_add(span.start, spec.size)
            self.spans.push_back(span)
        elif kind == SLIDING:
            start = floor_start(time, spec.offset, spec.slide)
            while start > time - spec.size:
                span.start = start
                span.end = saturating_add(start, spec.size)
                self.spans.push_back(span)
                start -= spec.slide
        elif kind == SESSION or kind == DYNAMIC_SESSION:
            count = spec.size if kind == SESSION else spec.assign(row)
            if count <= 0:
                raise ValueError(f"session gap must be positive, got {count} ms")
            span.start = time
            span.end = saturating_add(time, count)
            self.spans.push_back(span)
        elif kind == CUSTOM_ASSIGNER or kind == CUSTOM_MERGING:
            self._assign_custom(row, time)
        else:
            count = self._count_row()
            span.end = INT64_MAX
            if kind == COUNT_TUMBLING:
                span.start = count // spec.size
                self.spans.push_back(span)
            else:
                span.start = count // spec.slide
                while span.start >= 0 and span.start * spec.slide > count - spec.size:
                    self.spans.push_back(span)
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

    cdef Span span_of(self, object window) except *:
        """Bounds of a user's window; one that is no TimeWindow gets a number as its start."""
        cdef Span span
        start = getattr(window, "start", None)
        end = getattr(window, "end", None)
        if type(start) is int and type(end) is int:
            span.start, span.end = start, end
        else:
            span.start = self._interned.setdefault(window, len(self._interned))
            span.end = INT64_MAX
        return span

    cdef int _assign_custom(self, object row, int64_t time) except -1:
        """Ask the user's assigner."""
        self.windows.clear()
        for window in self._spec.assign(row, time):
            self.spans.push_back(self.span_of(window))
            self.windows.append(window)
        return 0
