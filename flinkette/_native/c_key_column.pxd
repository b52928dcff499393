from libc.stdint cimport int64_t

from flinkette._native.c_base cimport Status
from flinkette._native.c_column cimport Column, Type
from flinkette._native.c_key_encoding cimport KeyView, KeyWriter


cdef extern from "flk/key_column.h" namespace "flk" nogil:
    bint has_native_keys(const Type &type) noexcept
    Status views_of_column(
        const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
        KeyView *out_views) noexcept
