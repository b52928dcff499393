from libc.stdint cimport int64_t

from flinkette._native.window_spec cimport WindowSpec


cdef class TimestampedValue:
    cdef object _value
    cdef int64_t _timestamp


cdef class Evicting:
    cdef WindowSpec _spec

    cdef list before(self, list contents, object window)
    cdef int after(self, list contents, object window) except -1
    cdef object fold(self, list values, object nothing)


cdef object stamped(object value, int64_t timestamp)
