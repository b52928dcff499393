"""Whether another process lives. See peer_watch.pyi."""

import cython
from libc.stdint cimport int32_t, int64_t

from flinkette._native.c_base cimport Error, Status

cdef extern from "flk/peer_watch.h" namespace "flk" nogil:
    cdef cppclass NativeWatch "flk::PeerWatch":
        NativeWatch()
        Status open(int64_t process_id, Error *error) noexcept
        bint is_alive() noexcept
        int32_t descriptor() noexcept


@cython.final
cdef class PeerWatch:
    """Watches one process. Not thread safe."""

    cdef NativeWatch _native
    cdef object __weakref__

    def __cinit__(self, int64_t process_id):
        cdef Error error
        # that it is gone already is what is_alive says
        self._native.open(process_id, &error)

    @property
    def descriptor(self):
        return self._native.descriptor()

    def is_alive(self):
        return self._native.is_alive()
