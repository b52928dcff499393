from libc.stdint cimport int64_t, uint32_t

from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.c_column cimport TypePtr
from flinkette._native.c_key_encoding cimport KeyWriter
from flinkette._native.c_key_map cimport NativeKeyMap
from flinkette._native.column cimport Column


# Kernels work on `native` (flk/key_map.h): retain_all, release_all, key, column_of_keys.
cdef class KeyMap:
    cdef NativeKeyMap native
    cdef KeyWriter _scratch
    cdef list _objects
    cdef readonly uint32_t max_parallelism
    cdef readonly uint32_t first_group
    cdef readonly uint32_t last_group

    # The key of a live id: the object as it was first seen, or made from the encoding if the key
    # came in a column.
    cdef object key_object(self, uint32_t id)
    # The keys of live ids, which are not checked; None if one does not fit the type.
    cdef Column column_of_ids(self, Uint32Buffer ids, const TypePtr &type)
    cdef int retain(self, uint32_t id) noexcept
    # 1 if that was the last reference; the id is free after the next release_batch.
    cdef int release(self, uint32_t id) noexcept
    cdef int _ids_of_column(
        self, Column column, const int64_t *hashes, Uint32Buffer out_ids) except -1
    cdef int _ids_of_objects(
        self, list objects, const int64_t *hashes, Uint32Buffer out_ids) except -1
    cdef int _store(self, uint32_t id, object key) except -1
