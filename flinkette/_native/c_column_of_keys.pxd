from libc.stdint cimport int64_t, uint32_t

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, TypePtr
from flinkette._native.c_key_map cimport NativeKeyMap


cdef extern from "flk/column_of_keys.h" namespace "flk" nogil:
    Status column_of_keys(
        const NativeKeyMap &map, const uint32_t *ids, int64_t count, const TypePtr &type,
        ColumnPtr *out_column, Error *error) noexcept
