from libc.stdint cimport int64_t, uint32_t

from flinkette._native.c_key_encoding cimport KeyWriter
from flinkette._native.c_key_map cimport NativeKeyMap


cdef class KeyMap:
    cdef NativeKeyMap _map
    cdef KeyWriter _scratch
    cdef list _objects
    cdef readonly uint32_t max_parallelism
    cdef readonly uint32_t first_group
    cdef readonly uint32_t last_group

    # The key of a live id, as it was first seen.
    cdef object key_object(self, uint32_t id)
    cdef int retain(self, uint32_t id) noexcept
    # 1 if that was the last reference.
    cdef int release(self, uint32_t id) noexcept
    cdef int _store_new(
        self, list objects, const uint32_t *ids, const int64_t *rows) except -1
