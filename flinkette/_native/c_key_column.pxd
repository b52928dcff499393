from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport Column, Type
from flinkette._native.c_key_encoding cimport KeyView, KeyWriter
from flinkette._native.c_key_map cimport NativeKeyMap


cdef extern from "flk/key_column.h" namespace "flk" nogil:
    bint has_native_keys(const Type &type) noexcept
    Status views_of_column(
        const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
        KeyView *out_views) noexcept
    Status hash_column(
        const Column &column, KeyWriter *scratch, uint64_t *out_hashes) noexcept
    Status ids_of_column(
        NativeKeyMap *map, const Column &column, const uint64_t *hashes, KeyWriter *scratch,
        uint32_t *out_ids, Error *error) noexcept
