from libc.stdint cimport int64_t, uint32_t

from flinkette._native.evicting cimport Evicting
from flinkette._native.live_windows cimport LiveWindows
from flinkette._native.row_kernel cimport RowKernel
from flinkette._native.two_sides cimport Pairs, TwoSides
from flinkette._native.window_assign cimport WindowAssignment
from flinkette._native.window_merge cimport WindowMerging
from flinkette._native.window_spec cimport Span, WindowSpec


cdef class WindowOperator(RowKernel):
    cdef WindowSpec _spec
    cdef LiveWindows _live
    cdef WindowAssignment _assignment
    cdef int _input
    cdef WindowMerging _merging
    cdef Evicting _evicting
    cdef bint _has_evicted_before
    cdef object _now_ms
    cdef readonly int64_t watermark
    cdef readonly int64_t late_rows_dropped
    cdef readonly int64_t rows_skipped
    cdef int64_t _time
    cdef int64_t _stamp
    cdef int64_t _now
    cdef bint _row_is_open
    cdef bint _row_is_skipped
    cdef bint _row_has_failed
    cdef bint _is_adding
    cdef size_t _span_index
    cdef object _iterator
    # the iterator, while it is that of a join
    cdef Pairs _pairs
    cdef int64_t _emit_time
    cdef uint32_t _after_slot
    cdef int _after

    cdef int _pull(self) except -1
    cdef int _next_row(self) except -1
    cdef int _close_row(self) except -1
    cdef int _add_to_span(self) except -1
    cdef uint32_t _slot_of_span(self, Span span) except? 4294967294
    cdef int _add(self, uint32_t slot, object value) except -1
    cdef int _on_element(self, uint32_t slot) except -1
    cdef int _check_answer(self, object result) except -1
    cdef int _obey(self, uint32_t slot, object result) except -1
    cdef int _hand_out(self, uint32_t slot, int after, bint is_firing) except -1
    cdef int _end_hand_out(self) except -1
    cdef int _finish(self, uint32_t slot, int after) except -1
    cdef int _emit(self, uint32_t slot) except -1
    cdef int _emit_two_sides(self, TwoSides sides) except -1
    cdef int _evict_after(self, uint32_t slot) except -1
    cdef int _clear(self, uint32_t slot) except -1
