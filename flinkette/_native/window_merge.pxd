from libc.stdint cimport int64_t, uint32_t

from flinkette._native.live_windows cimport LiveWindows
from flinkette._native.window_assign cimport WindowAssignment
from flinkette._native.window_spec cimport Span, WindowSpec


cdef class WindowMerging:
    cdef WindowSpec _spec
    cdef LiveWindows _live
    cdef WindowAssignment _assignment

    cdef uint32_t session(
        self, uint32_t key_id, Span span, int64_t watermark
    ) except? 4294967294
    cdef uint32_t custom(
        self, uint32_t key_id, object window, int64_t watermark
    ) except? 4294967294
    cdef int _merge(
        self, uint32_t keep, list others, Span whole, object window, int64_t watermark
    ) except -1
    cdef int _check(
        self, uint32_t keep, list others, Span whole, object window, int64_t watermark
    ) except -1
    cdef object _contents_of_all(self, uint32_t keep, list others)
