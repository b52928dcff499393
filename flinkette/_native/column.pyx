"""Columns: values of one type in Arrow layout. See column.pyi for the public description."""

import cython

from cpython.buffer cimport (
    PyBUF_FORMAT, PyBUF_ND, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int32_t, int64_t
from libc.string cimport strchr
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.arrow cimport (
    array_capsule, has_array, has_stream, import_array, open_stream, schema_capsule,
    stream_capsule,
)
from flinkette._native.boxing cimport box_column
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_civil cimport floor_div
from flinkette._native.c_column cimport (
    Column as NativeColumn, ColumnPtr, Owner, TimeUnit, TypeId, TypePtr, column_concat,
    column_slice, column_take, column_view_as, column_wrap, owner_of, type_from_format, type_text,
)
from flinkette._native.status cimport check
from flinkette._native.unboxing cimport unbox_adaptive
from flinkette._native.unboxing_declared cimport unbox_declared

cdef extern from "Python.h":
    int Py_IsInitialized() noexcept

cdef long live_columns = 0

# For the machine types in the order of TypeId: 8 integers, 3 floats. Where longs have 8 bytes numpy
# calls them int64, and a "q" longlong.
cdef (const char *)[11] MACHINE_CODES = ["b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d"]
if sizeof(long) == 8:
    MACHINE_CODES[6] = "l"
    MACHINE_CODES[7] = "L"
cdef (const char *)[11] ARROW_CODES = ["c", "C", "s", "S", "i", "I", "l", "L", "e", "f", "g"]


def live_count():
    """Return how many Column objects exist."""
    return live_columns


cdef Column wrap_column(const ColumnPtr &handle):
    cdef Column column = Column.__new__(Column)
    column.handle = handle
    column.length = handle.get().length
    return column


@cython.final
cdef class Column:
    """Values of one type. Immutable; may be read from any thread."""

    def __init__(self):
        raise TypeError("use Column.from_arrow, from_objects, from_objects_typed or from_buffer")

    def __cinit__(self):
        global live_columns
        live_columns += 1

    def __dealloc__(self):
        global live_columns
        live_columns -= 1

    @staticmethod
    def from_arrow(source):
        cdef ColumnPtr handle
        if has_array(source):
            import_array(source, &handle, NULL)
        elif has_stream(source):
            open_stream(source).read_all(&handle)
        else:
            raise TypeError(
                f"{type(source).__qualname__} has neither __arrow_c_array__ nor "
                "__arrow_c_stream__; give a pyarrow, polars, pandas or duckdb object"
            )
        return wrap_column(handle)

    @staticmethod
    def from_objects(list values not None):
        cdef ColumnPtr handle
        return wrap_column(handle) if unbox_adaptive(values, &handle) else None

    @staticmethod
    def from_objects_typed(list values not None, tuple spec not None):
        cdef ColumnPtr handle
        unbox_declared(values, spec, &handle)
        return wrap_column(handle)

    @staticmethod
    def from_buffer(source):
        return wrap_buffer(source)

    @staticmethod
    def concat(columns):
        cdef Error error
        cdef Status status
        cdef ColumnPtr joined
        cdef vector[ColumnPtr] handles
        cdef Column column
        for column in columns:
            handles.push_back(column.handle)
        if handles.empty():
            raise ValueError("concat needs at least one column")
        with nogil:
            status = column_concat(handles, &joined, &error)
        check(status, &error)
        return wrap_column(joined)

    def __len__(self):
        return self.length

    def __repr__(self):
        return f"<Column {self.type_name}, {self.length} rows, {self.null_count} nulls>"

    @property
    def type_name(self):
        return type_text(self.handle.get().type.get()[0]).decode()

    @property
    def null_count(self):
        return self.handle.get().null_count

    cpdef list to_objects(self):
        return box_column(self.handle.get())

    cpdef Column slice(self, Py_ssize_t start, Py_ssize_t stop):
        cdef Error error
        cdef ColumnPtr part
        check(column_slice(self.handle, start, stop - start, &part, &error), &error)
        return wrap_column(part)

    cpdef Column take(self, Uint32Buffer indices):
        cdef Error error
        cdef Status status
        cdef ColumnPtr taken
        with nogil:
            status = column_take(
                self.handle.get()[0], indices.data, indices.length, &taken, &error
            )
        check(status, &error)
        return wrap_column(taken)

    cpdef Int64Buffer times_ms(self):
        cdef const NativeColumn *column = self.handle.get()
        refuse_nulls(column)
        kind = column.type.get().id
        unit = column.type.get().unit
        if kind == TypeId.kDate32:
            return scaled_days(column.values[int32_t](), column.length)
        if kind == TypeId.kInt64 or kind == TypeId.kDate64:
            return view_of(self)
        if kind == TypeId.kTimestamp:
            if unit == TimeUnit.kMilli:
                return view_of(self)
            return scaled_times(column.values[int64_t](), column.length, unit)
        raise TypeError(
            f"a column of {self.type_name} holds no event times; give int64 milliseconds, "
            "timestamps or dates"
        )

    def __arrow_c_schema__(self):
        return schema_capsule(self.handle.get().type, string())

    def __arrow_c_array__(self, requested_schema=None):
        return self.__arrow_c_schema__(), array_capsule(self.handle)

    def __arrow_c_stream__(self, requested_schema=None):
        return stream_capsule(self.handle)

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef const NativeColumn *column = self.handle.get()
        cdef const char *code = buffer_format(column)
        if flags & PyBUF_WRITABLE:
            raise BufferError("a Column is read-only")
        if code is NULL:
            raise BufferError(f"a column of {self.type_name} has no buffer of machine values")
        if column.null_count > 0:
            raise BufferError(
                f"a column with {column.null_count} nulls has no buffer; use to_objects or Arrow"
            )
        view.itemsize = column.type.get().width_bytes
        view.buf = <void *> (column.data + column.offset * view.itemsize)
        view.obj = self
        view.len = self.length * view.itemsize
        view.readonly = 1
        view.format = <char *> code if flags & PyBUF_FORMAT else NULL
        view.ndim = 1
        view.shape = &self.length if flags & PyBUF_ND else NULL
        view.strides = NULL
        view.suboffsets = NULL
        view.internal = NULL

    def __array__(self, dtype=None, copy=None):
        array, is_view = array_of(self)
        if copy is False and (not is_view or (dtype is not None and array.dtype != dtype)):
            raise ValueError(f"a column of {self.type_name} needs a copy to become this array")
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        return array.copy() if copy and is_view else array


cdef tuple array_of(Column column):
    """The column as numpy array, and whether that is a view of the column's memory."""
    import numpy as np
    cdef const NativeColumn *native = column.handle.get()
    kind = native.type.get().id
    if kind == TypeId.kBool and native.null_count == 0:
        return np.frombuffer(bool_bytes(native), dtype=bool), False
    if buffer_format(native) is NULL and not (
        kind == TypeId.kDate32 or kind == TypeId.kDate64
        or kind == TypeId.kTimestamp or kind == TypeId.kDuration
    ):
        return np.fromiter(column.to_objects(), dtype=object, count=column.length), False
    array = np.asarray(memoryview(numbers_of(column)))
    is_view = True
    if kind == TypeId.kDate32:
        array = array.astype("datetime64[D]")
        is_view = False
    elif kind == TypeId.kTimestamp or kind == TypeId.kDate64:
        array = array.view(f"datetime64[{unit_name(native)}]")
    elif kind == TypeId.kDuration:
        array = array.view(f"timedelta64[{unit_name(native)}]")
    if native.null_count == 0:
        return array, is_view
    array = array.astype(np.float64) if array.dtype.kind in "iu" else array.copy()
    missing = np.nan if array.dtype.kind == "f" else "NaT"
    array[np.frombuffer(null_bytes(native), dtype=bool)] = missing
    return array, False


cdef Column numbers_of(Column column):
    """The same memory as plain numbers, as if there were no nulls."""
    cdef Error error
    cdef TypePtr type = column.handle.get().type
    cdef ColumnPtr handle
    if buffer_format(column.handle.get()) is NULL:
        check(type_from_format("i" if type.get().width_bytes == 4 else "l", &type, &error), &error)
    check(column_view_as(column.handle, type, &handle, &error), &error)
    return wrap_column(handle)


cdef str unit_name(const NativeColumn *column):
    return ("s", "ms", "us", "ns")[<int> column.type.get().unit]


cdef bytearray bool_bytes(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef bytearray flags = bytearray(column.length)
    cdef char *out = PyByteArray_AS_STRING(flags)
    for row in range(column.length):
        out[row] = column.bool_at(row)
    return flags


cdef bytearray null_bytes(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef bytearray flags = bytearray(column.length)
    cdef char *out = PyByteArray_AS_STRING(flags)
    for row in range(column.length):
        out[row] = not column.is_valid(row)
    return flags


cdef int refuse_nulls(const NativeColumn *column) except -1:
    cdef int64_t row
    if column.null_count > 0:
        for row in range(column.length):
            if not column.is_valid(row):
                raise ValueError(
                    f"row {row} has no event time (null); filter such rows out or fill them in"
                )
    return 0


cdef Int64Buffer view_of(Column column):
    """The column's own int64 values, shared."""
    cdef Int64Buffer times = Int64Buffer.__new__(Int64Buffer)
    times._owner = column
    times.data = <int64_t *> column.handle.get().values[int64_t]()
    times.length = column.length
    return times


cdef Int64Buffer scaled_days(const int32_t *days, Py_ssize_t length):
    cdef Py_ssize_t row
    cdef Int64Buffer times = Int64Buffer.allocate(length)
    for row in range(length):
        times.data[row] = <int64_t> days[row] * 86_400_000
    return times


cdef Int64Buffer scaled_times(const int64_t *values, Py_ssize_t length, TimeUnit unit):
    cdef Py_ssize_t row
    cdef int64_t divisor = 1_000 if unit == TimeUnit.kMicro else 1_000_000
    cdef int64_t limit = 9_223_372_036_854_775
    cdef Int64Buffer times = Int64Buffer.allocate(length)
    if unit != TimeUnit.kSecond:
        for row in range(length):
            times.data[row] = floor_div(values[row], divisor)
        return times
    for row in range(length):
        if not -limit <= values[row] <= limit:
            raise OverflowError(f"row {row}: {values[row]} s does not fit 64-bit milliseconds")
        times.data[row] = values[row] * 1000
    return times


cdef const char *buffer_format(const NativeColumn *column) noexcept:
    """Code of the buffer protocol for numbers, or NULL.

    Dates and times have none: numpy prefers buffers to __array__, which knows their units.
    """
    kind = column.type.get().id
    if kind >= TypeId.kInt8 and kind <= TypeId.kFloat64:
        return MACHINE_CODES[<int> kind - <int> TypeId.kInt8]
    return NULL


cdef bint is_machine_array(Column column) noexcept:
    cdef const NativeColumn *native = column.handle.get()
    return native.null_count == 0 and buffer_format(native) is not NULL


cdef const char *arrow_format(const char *code, Py_ssize_t itemsize) noexcept:
    """Arrow's format for a code of the buffer protocol, or NULL; longs differ in size by system."""
    cdef int at = 0
    if code is NULL or code[0] == 0 or code[1] != 0:
        return NULL
    if strchr("bhilqn", code[0]) is not NULL:
        at = 0
    elif strchr("BHILQN", code[0]) is not NULL:
        at = 1
    elif strchr("efd", code[0]) is not NULL:
        at = 7
    else:
        return NULL
    while itemsize > 1:
        at += 1 if code[0] in b"efd" else 2
        itemsize >>= 1
    return ARROW_CODES[at]


cdef void drop_buffer(void *context) noexcept with gil:
    cdef Py_buffer *view = <Py_buffer *> context
    if Py_IsInitialized():
        PyBuffer_Release(view)
    PyMem_RawFree(view)


cdef Column wrap_buffer(object source):
    cdef Error error
    cdef TypePtr type
    cdef ColumnPtr handle
    cdef const char *code
    cdef Py_buffer *view = <Py_buffer *> PyMem_RawMalloc(sizeof(Py_buffer))
    if view is NULL:
        raise MemoryError()
    try:
        PyObject_GetBuffer(source, view, PyBUF_FORMAT | PyBUF_ND)
    except BaseException:
        PyMem_RawFree(view)
        raise
    cdef Owner owner = owner_of(view, drop_buffer)
    if owner.get() is NULL:
        raise MemoryError()
    code = arrow_format(view.format, view.itemsize)
    if code is NULL or view.ndim != 1:
        text = "bytes" if view.format is NULL else view.format.decode("utf-8", "replace")
        raise TypeError(
            f"a buffer of {view.ndim} dimensions and format {text!r} is no column; give one "
            "dimension of machine integers or floats"
        )
    check(type_from_format(code, &type, &error), &error)
    check(column_wrap(type, view.shape[0], view.buf, owner, &handle, &error), &error)
    return wrap_column(handle)
