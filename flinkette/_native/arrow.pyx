"""The Arrow PyCapsule interface, both ways; for Cython callers only.

A capsule owns its struct: whoever takes the struct over sets release to null in the capsule's
copy, so it is released exactly once, by the taker or by the capsule.
"""

import cython
import os

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.c_arrow_abi cimport ArrowArray, ArrowArrayStream, ArrowSchema
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport (
    ColumnPtr, TypePtr, column_concat, column_empty, column_export, column_import, type_export,
    type_import,
)
from flinkette._native.status cimport check

cdef extern from "flk/column_stream.h" namespace "flk" nogil:
    Status column_stream(
        const TypePtr &type, const vector[ColumnPtr] &columns, ArrowArrayStream *out_stream,
        Error *error) noexcept


cdef bint has_array(object source):
    return hasattr(source, "__arrow_c_array__")


cdef bint has_stream(object source):
    return hasattr(source, "__arrow_c_stream__")


cdef int import_array(object source, ColumnPtr *out_column, string *out_name) except -1:
    cdef Error error
    cdef TypePtr type
    schema_held, array_held = source.__arrow_c_array__()
    cdef ArrowSchema *schema = <ArrowSchema *> PyCapsule_GetPointer(schema_held, "arrow_schema")
    cdef ArrowArray *array = <ArrowArray *> PyCapsule_GetPointer(array_held, "arrow_array")
    check(type_import(schema, &type, out_name, &error), &error)
    check(column_import(array, type, out_column, &error), &error)
    return 0


cdef void free_array(object capsule) noexcept:
    cdef ArrowArray *array = <ArrowArray *> PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release is not NULL:
        array.release(array)
    PyMem_RawFree(array)


cdef void free_schema(object capsule) noexcept:
    cdef ArrowSchema *schema = <ArrowSchema *> PyCapsule_GetPointer(capsule, "arrow_schema")
    if schema.release is not NULL:
        schema.release(schema)
    PyMem_RawFree(schema)


cdef void free_stream(object capsule) noexcept:
    cdef ArrowArrayStream *stream = <ArrowArrayStream *> PyCapsule_GetPointer(
        capsule, "arrow_array_stream"
    )
    if stream.release is not NULL:
        stream.release(stream)
    PyMem_RawFree(stream)


cdef object array_capsule(const ColumnPtr &column):
    cdef Error error
    cdef ArrowArray *array = <ArrowArray *> PyMem_RawCalloc(1, sizeof(ArrowArray))
    if array is NULL:
        raise MemoryError()
    capsule = PyCapsule_New(array, "arrow_array", free_array)
    check(column_export(column, array, &error), &error)
    return capsule


cdef object schema_capsule(const TypePtr &type, const string &name):
    cdef Error error
    cdef ArrowSchema *schema = <ArrowSchema *> PyMem_RawCalloc(1, sizeof(ArrowSchema))
    if schema is NULL:
        raise MemoryError()
    capsule = PyCapsule_New(schema, "arrow_schema", free_schema)
    check(type_export(type.get()[0], name, schema, &error), &error)
    return capsule


cdef object stream_capsule(const ColumnPtr &column):
    cdef Error error
    cdef vector[ColumnPtr] columns
    cdef ArrowArrayStream *stream = <ArrowArrayStream *> PyMem_RawCalloc(
        1, sizeof(ArrowArrayStream)
    )
    if stream is NULL:
        raise MemoryError()
    capsule = PyCapsule_New(stream, "arrow_array_stream", free_stream)
    columns.push_back(column)
    check(column_stream(column.get().type, columns, stream, &error), &error)
    return capsule


@cython.final
cdef class ArrowStream:
    """A foreign stream of arrays. Not thread safe; released at its end, by close, or when freed."""

    def __dealloc__(self):
        if self._stream.release is not NULL:
            self._stream.release(&self._stream)

    cpdef close(self):
        if self._stream.release is not NULL:
            self._stream.release(&self._stream)
            self._stream.release = NULL

    cdef bint next_into(self, ColumnPtr *out_column) except -1:
        cdef Error error
        cdef ArrowArray array
        cdef int code
        if self._stream.release is NULL:
            return False
        array.release = NULL
        with nogil:
            code = self._stream.get_next(&self._stream, &array)
        if code != 0:
            self.refuse(code)
        if array.release is NULL:
            self.close()
            return False
        check(column_import(&array, self.type, out_column, &error), &error)
        return True

    cdef int read_all(self, ColumnPtr *out_column) except -1:
        cdef Error error
        cdef Status status
        cdef ColumnPtr column
        cdef vector[ColumnPtr] columns
        while self.next_into(&column):
            columns.push_back(column)
        if columns.empty():
            check(column_empty(self.type, out_column, &error), &error)
            return 0
        with nogil:
            status = column_concat(columns, out_column, &error)
        check(status, &error)
        return 0

    cdef int refuse(self, int code) except -1:
        cdef const char *text = self._stream.get_last_error(&self._stream)
        reason = os.strerror(code) if text is NULL else text.decode("utf-8", "replace")
        raise OSError(code, f"the Arrow stream could not be read: {reason}")


cdef ArrowStream open_stream(object source):
    cdef Error error
    cdef ArrowSchema schema
    cdef int code
    cdef Status status
    cdef ArrowStream opened = ArrowStream.__new__(ArrowStream)
    capsule = source.__arrow_c_stream__()
    cdef ArrowArrayStream *stream = <ArrowArrayStream *> PyCapsule_GetPointer(
        capsule, "arrow_array_stream"
    )
    if stream.release is NULL:
        raise ValueError("the Arrow stream was released or consumed before")
    opened._stream = stream[0]
    stream.release = NULL
    schema.release = NULL
    with nogil:
        code = opened._stream.get_schema(&opened._stream, &schema)
    if code != 0:
        opened.refuse(code)
    status = type_import(&schema, &opened.type, NULL, &error)
    if schema.release is not NULL:
        schema.release(&schema)
    check(status, &error)
    return opened
