from libc.stdint cimport int64_t, uint64_t, uint8_t

from flinkette._native.c_spsc_ring cimport (
    FrameView, RingReader as NativeReader, RingWriter as NativeWriter,
)
from flinkette._native.shared_memory cimport SharedMemory


cdef class RingWriter:
    cdef NativeWriter native
    cdef SharedMemory _memory
    cdef uint8_t *_payload
    cdef Py_ssize_t _room
    cdef Py_ssize_t _exports

    cdef int check_no_views(self) except -1


cdef class RingReader:
    cdef NativeReader native
    cdef SharedMemory _memory
    cdef Py_ssize_t _exports
    cdef uint64_t _generation


cdef class Frame:
    cdef FrameView view
    cdef RingReader _reader
    cdef Py_ssize_t _length
    cdef uint64_t _generation

    # Raise ValueError once the frame's memory was given back.
    cdef int check_held(self) except -1
