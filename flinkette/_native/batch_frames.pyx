"""Batches in frames of a ring. See batch_frames.pyi."""

import cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int64_t
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.batch import TupleNames
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, Owner, owner_of
from flinkette._native.c_frame_columns cimport (
    ColumnRole, FrameColumn, FrameSchema, column_retain, columns_prepare, columns_read,
    columns_size, columns_write, frame_schema_read, frame_schema_write,
)
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.marks cimport Marks
from flinkette._native.ring cimport Frame, RingReader, RingWriter
from flinkette._native.status cimport check

cdef extern from "Python.h":
    bint Py_IsInitialized() noexcept

cdef enum:
    SCHEMA_FRAME = 4
    COLUMNS_FRAME = 5

cdef enum:
    VALUE_ROWS = 0
    NAMED_ROWS = 1
    TUPLE_ROWS = 2


@cython.final
cdef class BatchWriter:
    """Writes batches into the frames of one ring. One thread at a time."""

    cdef RingWriter _ring
    cdef dict _announced

    def __cinit__(self, RingWriter ring not None):
        self._ring = ring
        self._announced = {}

    def write(self, Batch batch not None):
        cdef Error error
        cdef FrameSchema schema
        cdef vector[ColumnPtr] columns
        cdef string announcement
        cdef bytes signature
        cdef int64_t size
        cdef bint is_woken = False
        fill_schema(batch, &schema, &columns)
        check(frame_schema_write(schema, &announcement, &error), &error)
        signature = announcement
        number = self._announced.get(signature)
        if number is None:
            number = len(self._announced)
            view = self._ring.reserve(len(signature))
            if view is None:
                return None
            view[:] = signature
            view.release()
            is_woken = self._ring.publish(SCHEMA_FRAME, number)
            self._announced[signature] = number
        size = columns_size(columns)
        view = self._ring.reserve(size)
        if view is None:
            return None
        view.release()
        with nogil:
            columns_write(columns, self._ring._payload)
        return self._ring.publish(COLUMNS_FRAME, number) or is_woken


@cython.final
cdef class BatchReader:
    """Reads what a BatchWriter wrote. One thread at a time."""

    cdef RingReader _ring
    cdef dict _schemas

    def __cinit__(self, RingReader ring not None):
        self._ring = ring
        self._schemas = {}

    def read(self):
        cdef Frame frame
        while True:
            frame = self._ring.peek()
            if frame is None:
                return None
            if frame.kind == SCHEMA_FRAME:
                self._schemas[frame.argument] = new_schema(frame)
                self._ring.native.advance()
                continue
            if frame.kind != COLUMNS_FRAME:
                raise TypeError(f"frame {frame.sequence} of kind {frame.kind} holds no batch")
            batch = self.batch_of(frame)
            self._ring.native.advance()
            return batch

    cdef Batch batch_of(self, Frame frame):
        cdef Error error
        cdef Status status
        cdef vector[ColumnPtr] columns
        cdef Owner lease = lease_of(frame)
        cdef Schema schema = self._schemas.get(frame.argument)
        if schema is None:
            raise ValueError(
                f"frame {frame.sequence} is of schema {frame.argument}, which nobody announced"
            )
        with nogil:
            status = columns_read(
                schema.native, frame.view.payload, frame.view.payload_bytes, lease, &columns,
                &error,
            )
        check(status, &error)
        return new_batch(schema, columns)

    def release(self):
        return self._ring.release()


cdef Owner lease_of(Frame frame) except *:
    """What columns keep: a view of the frame, which the ring counts until the last one goes."""
    cdef Py_buffer *view = <Py_buffer *> PyMem_RawMalloc(sizeof(Py_buffer))
    if view is NULL:
        raise MemoryError()
    try:
        PyObject_GetBuffer(frame, view, PyBUF_SIMPLE)
    except BaseException:
        PyMem_RawFree(view)
        raise
    cdef Owner lease = owner_of(view, drop_view)
    if lease.get() is NULL:
        raise MemoryError()
    return lease


cdef void drop_view(void *context) noexcept with gil:
    if Py_IsInitialized():
        PyBuffer_Release(<Py_buffer *> context)
    PyMem_RawFree(context)


@cython.final
cdef class Schema:
    """What a schema frame said."""

    cdef FrameSchema native
    cdef object row_type


cdef Schema new_schema(Frame frame):
    cdef Error error
    cdef Schema schema = Schema.__new__(Schema)
    cdef size_t at
    check(
        frame_schema_read(frame.view.payload, frame.view.payload_bytes, &schema.native, &error),
        &error,
    )
    names = []
    for at in range(schema.native.columns.size()):
        if schema.native.columns[at].role == ColumnRole.kValue:
            names.append(schema.native.columns[at].name.decode("utf-8", "surrogatepass"))
    if schema.native.row_kind == VALUE_ROWS:
        if len(names) != 1:
            raise ValueError(f"a schema of plain values with {len(names)} columns")
        schema.row_type = None
    elif schema.native.row_kind == TUPLE_ROWS:
        schema.row_type = TupleNames(names)
    else:
        schema.row_type = tuple(names)
    return schema


cdef int fill_schema(Batch batch, FrameSchema *schema, vector[ColumnPtr] *columns) except -1:
    cdef Py_ssize_t at
    cdef Marks marks = batch.marks
    if batch.columns is None:
        raise TypeError(f"{batch!r} has no columns; send its rows as objects")
    schema.row_kind = VALUE_ROWS if batch.row_type is None else (
        TUPLE_ROWS if isinstance(batch.row_type, TupleNames) else NAMED_ROWS
    )
    for at in range(len(batch.columns)):
        name = "" if batch.row_type is None else batch.row_type[at]
        add_column(schema, columns, ColumnRole.kValue, name, batch.columns[at])
    if batch.times is not None:
        add_column(schema, columns, ColumnRole.kTimes, "", Column.from_buffer(batch.times))
    if batch.keys is not None:
        keys = batch.keys
        if not isinstance(keys, Column):
            keys = Column.from_objects(list(keys))
        add_column(schema, columns, ColumnRole.kKeys, "", keys)
    if batch.hashes is not None:
        add_column(schema, columns, ColumnRole.kHashes, "", Column.from_buffer(batch.hashes))
    if batch.kinds is not None:
        add_column(schema, columns, ColumnRole.kKinds, "", Column.from_buffer(batch.kinds))
    if marks is not None:
        add_column(schema, columns, ColumnRole.kMarkStops, "", Column.from_buffer(marks.stops))
        add_column(schema, columns, ColumnRole.kMarkTimes, "", Column.from_buffer(marks.times))
    return 0


cdef int add_column(
    FrameSchema *schema, vector[ColumnPtr] *columns, ColumnRole role, str name, Column column
) except -1:
    cdef Error error
    cdef Status status
    cdef ColumnPtr prepared
    cdef FrameColumn described
    with nogil:
        status = columns_prepare(column.handle, &prepared, &error)
    check(status, &error)
    described.role = role
    described.name = name.encode("utf-8", "surrogatepass")
    described.type = prepared.get().type
    schema.columns.push_back(described)
    columns.push_back(prepared)
    return 0


cdef Batch new_batch(Schema schema, const vector[ColumnPtr] &columns):
    cdef size_t at
    cdef Column column
    cdef ColumnRole role
    cdef dict beside = {}
    cdef list values = []
    for at in range(columns.size()):
        column = wrap_column(columns[at])
        role = schema.native.columns[at].role
        if role == ColumnRole.kValue:
            values.append(column)
        elif role == ColumnRole.kKeys:
            beside[<int> role] = column
        elif role == ColumnRole.kKinds:
            beside[<int> role] = bytes(column)
        else:
            beside[<int> role] = column.times_ms()
    batch = Batch.from_columns(
        values, schema.row_type, beside.get(<int> ColumnRole.kTimes),
        keys=beside.get(<int> ColumnRole.kKeys), hashes=beside.get(<int> ColumnRole.kHashes),
        kinds=beside.get(<int> ColumnRole.kKinds),
    )
    stops = beside.get(<int> ColumnRole.kMarkStops)
    if stops is not None:
        batch = batch.with_marks(Marks(stops, beside.get(<int> ColumnRole.kMarkTimes)))
    return batch


def retain(Batch batch not None):
    cdef Column column
    cdef list values = []
    if batch.columns is None:
        return batch
    for column in batch.columns:
        values.append(copied(column))
    kept = Batch.from_columns(
        values, batch.row_type, None if batch.times is None else batch_numbers(batch.times),
        keys=copied(batch.keys) if isinstance(batch.keys, Column) else batch.keys,
        hashes=None if batch.hashes is None else batch_numbers(batch.hashes),
        kinds=batch.kinds,
    )
    if batch.marks is not None:
        kept = kept.with_marks(
            Marks(batch_numbers(batch.marks.stops), batch_numbers(batch.marks.times))
        )
    return kept


cdef Column copied(Column column):
    cdef Error error
    cdef Status status
    cdef ColumnPtr handle
    with nogil:
        status = column_retain(column.handle, &handle, &error)
    check(status, &error)
    return wrap_column(handle)


cdef object batch_numbers(buffer):
    """Copy of an Int64Buffer; joining shares nothing when there are two."""
    return copied(Column.from_buffer(buffer)).times_ms()
