"""Memory that two processes map, for Python. See shared_memory.pyi."""

import cython
from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int32_t, int64_t

from flinkette._native.c_base cimport Error
from flinkette._native.c_shared_memory cimport shared_memory_bytes
from flinkette._native.status cimport check


def mapped_bytes():
    return shared_memory_bytes()


@cython.final
cdef class SharedMemory:
    """Anonymous memory of a fixed size. One owner; its bytes may be used from any thread."""

    def __init__(self):
        raise TypeError("use SharedMemory.create or SharedMemory.map")

    @staticmethod
    def create(int64_t size_bytes):
        cdef Error error
        cdef SharedMemory memory = SharedMemory.__new__(SharedMemory)
        check(memory.native.create(size_bytes, &error), &error)
        return memory

    @staticmethod
    def map(int32_t descriptor, int64_t min_bytes=1):
        cdef Error error
        cdef SharedMemory memory = SharedMemory.__new__(SharedMemory)
        if min_bytes < 1:
            raise ValueError(f"min_bytes {min_bytes} is below 1")
        check(memory.native.map(descriptor, min_bytes, &error), &error)
        return memory

    @property
    def size_bytes(self):
        return self.native.size_bytes()

    @property
    def descriptor(self):
        return self.native.descriptor()

    def close(self):
        if self._exports > 0:
            raise BufferError(f"{self._exports} views of the shared memory are alive; release them")
        self.native.close()

    cdef int check_open(self) except -1:
        if self.native.bytes() is NULL:
            raise ValueError("the shared memory was closed")
        return 0

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.check_open()
        PyBuffer_FillInfo(view, self, self.native.bytes(), self.native.size_bytes(), 0, flags)
        self._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._exports -= 1
