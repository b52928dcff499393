from libc.stdint cimport int64_t, uint8_t
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, Owner, TypePtr


cdef extern from "flk/frame_schema.h" namespace "flk" nogil:
    cdef enum class ColumnRole(unsigned char):
        kValue
        kTimes
        kKeys
        kHashes
        kKinds
        kMarkStops
        kMarkTimes
        kObjectKeys
        kPickledKeys
        kKeysAreColumn
        kTimesAreColumn

    cdef cppclass FrameColumn:
        ColumnRole role
        string name
        TypePtr type

    cdef cppclass FrameSchema:
        uint8_t row_kind
        vector[FrameColumn] columns

    Status frame_schema_write(
        const FrameSchema &schema, string *out_bytes, Error *error) noexcept
    Status frame_schema_read(
        const uint8_t *bytes, int64_t size_bytes, FrameSchema *out_schema, Error *error) noexcept


cdef extern from "flk/frame_columns.h" namespace "flk" nogil:
    Status columns_prepare(
        const ColumnPtr &column, ColumnPtr *out_column, Error *error) noexcept
    int64_t columns_size(const vector[ColumnPtr] &columns) noexcept
    void columns_write(const vector[ColumnPtr] &columns, uint8_t *out_payload) noexcept
    Status columns_read(
        const FrameSchema &schema, const uint8_t *payload, int64_t payload_bytes,
        const Owner &lease, bint is_lent, vector[ColumnPtr] *out_columns, Error *error) noexcept
