from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libcpp cimport bool as cpp_bool
from libcpp.memory cimport shared_ptr
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.c_arrow_abi cimport ArrowArray, ArrowSchema
from flinkette._native.c_base cimport Error, Status


cdef extern from "flk/column_type.h" namespace "flk" nogil:
    cdef enum class TypeId(int):
        kNull
        kBool
        kInt8
        kUint8
        kInt16
        kUint16
        kInt32
        kUint32
        kInt64
        kUint64
        kFloat16
        kFloat32
        kFloat64
        kUtf8
        kLargeUtf8
        kUtf8View
        kBinary
        kLargeBinary
        kBinaryView
        kFixedSizeBinary
        kDate32
        kDate64
        kTime32
        kTime64
        kTimestamp
        kDuration
        kInterval
        kDecimal128
        kDecimal256
        kList
        kLargeList
        kFixedSizeList
        kStruct
        kMap
        kDictionary

    cdef enum class Layout(int):
        kNone
        kBits
        kFixed
        kBytes32
        kBytes64
        kViews
        kList32
        kList64
        kFixedList
        kStruct
        kDictionary

    cdef enum class TimeUnit(int):
        kSecond
        kMilli
        kMicro
        kNano

    cdef cppclass Field

    cdef cppclass Type:
        TypeId id
        Layout layout
        TimeUnit unit
        cpp_bool nullable
        int32_t width_bytes
        int32_t precision
        int32_t scale
        int64_t list_size
        string timezone
        string format
        vector[Field] fields
        shared_ptr[const Type] dictionary

    ctypedef shared_ptr[const Type] TypePtr

    cdef cppclass Field:
        string name
        TypePtr type

    Status type_from_format(const char *format, TypePtr *out_type, Error *error) noexcept
    Status type_import(
        const ArrowSchema *schema, TypePtr *out_type, string *out_name, Error *error) noexcept
    Status type_export(
        const Type &type, const string &name, ArrowSchema *out_schema, Error *error) noexcept
    cpp_bool type_equals(const Type &left, const Type &right) noexcept
    string type_text(const Type &type) except +
    Status type_list(const TypePtr &values, TypePtr *out_type, Error *error) noexcept
    Status type_struct(const vector[Field] &fields, TypePtr *out_type, Error *error) noexcept
    Status type_map(
        const TypePtr &keys, const TypePtr &values, TypePtr *out_type, Error *error) noexcept


cdef extern from "flk/column.h" namespace "flk" nogil:
    ctypedef shared_ptr[const void] Owner

    Owner owner_of(void *context, void (*drop)(void *) noexcept) noexcept

    cdef cppclass Buffer:
        uint8_t *bytes() noexcept

    Status buffer_allocate(int64_t size_bytes, Buffer *out_buffer, Error *error) noexcept

    cdef cppclass Column:
        TypePtr type
        int64_t length
        int64_t offset
        int64_t null_count
        const uint8_t *validity
        const uint8_t *data
        const uint8_t *bytes
        vector[shared_ptr[const Column]] children
        shared_ptr[const Column] dictionary

        cpp_bool is_valid(int64_t row) noexcept
        cpp_bool bool_at(int64_t row) noexcept
        const T *values[T]() noexcept
        const uint8_t *bytes_at(int64_t row, int64_t *out_size) noexcept
        int64_t list_at(int64_t row, int64_t *out_size) noexcept
        int64_t index_at(int64_t row) noexcept

    ctypedef shared_ptr[const Column] ColumnPtr

    void set_bits(uint8_t *bits, int64_t offset, int64_t length) noexcept

    Status column_empty(
        const TypePtr &type, ColumnPtr *out_column, Error *error) noexcept
    Status column_null(int64_t length, ColumnPtr *out_column, Error *error) noexcept
    Status column_fixed(
        const TypePtr &type, int64_t length, const Buffer &values, const Buffer &validity,
        ColumnPtr *out_column, Error *error) noexcept
    Status column_wrap(
        const TypePtr &type, int64_t length, const void *values, const Owner &owner,
        ColumnPtr *out_column, Error *error) noexcept
    Status column_bytes(
        const TypePtr &type, int64_t length, const Buffer &offsets, const Buffer &bytes,
        const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept
    Status column_list(
        const TypePtr &type, int64_t length, const Buffer &offsets, const ColumnPtr &child,
        const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept
    Status column_struct(
        const TypePtr &type, int64_t length, const vector[ColumnPtr] &children,
        const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept
    Status column_slice(
        const ColumnPtr &column, int64_t start, int64_t length, ColumnPtr *out_column,
        Error *error) noexcept
    Status column_view_as(
        const ColumnPtr &column, const TypePtr &type, ColumnPtr *out_column, Error *error) noexcept
    Status column_take(
        const Column &column, const uint32_t *indices, int64_t count, ColumnPtr *out_column,
        Error *error) noexcept
    Status column_gather(
        const Column &column, const uint32_t *indices, int64_t count, ColumnPtr *out_column,
        Error *error) noexcept
    bint column_is_lent(const Column &column) noexcept
    Status column_retain(
        const ColumnPtr &column, ColumnPtr *out_column, Error *error) noexcept
    Status column_concat(
        const vector[ColumnPtr] &columns, ColumnPtr *out_column, Error *error) noexcept
    Status column_import(
        ArrowArray *array, const TypePtr &type, ColumnPtr *out_column, Error *error) noexcept
    Status column_export(
        const ColumnPtr &column, ArrowArray *out_array, Error *error) noexcept
