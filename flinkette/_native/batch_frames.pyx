"""Batches in frames. See batch_frames.pyi."""

import cython
from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int64_t, uint8_t
from libcpp.string cimport string
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.batch import TupleNames
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, Owner, TypeId, owner_of
from flinkette._native.c_frame_columns cimport (
    ColumnRole, FrameColumn, FrameSchema, columns_prepare, columns_read, columns_size,
    columns_write, frame_schema_read, frame_schema_write,
)
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.lent cimport place_of, retain
from flinkette._native.marks cimport Marks
from flinkette._native.status cimport check
from flinkette._native.typed_objects cimport TypedObjects, unnamed_rows

cdef extern from "Python.h":
    bint Py_IsInitialized() noexcept

# How the schema frame calls the form of the rows (docs/spec/column_frames.md).
cdef enum:
    VALUE_ROWS = 0
    NAMED_ROWS = 1
    TUPLE_ROWS = 2
    UNNAMED_ROWS = 3
    PICKLED_ROWS = 4
    SHAPE_BITS = 15
    ARE_OBJECTS = 16
    ARE_IPC = 32


@cython.final
cdef class BatchLayout:
    """A batch ready to be written into a frame. Immutable."""

    cdef vector[ColumnPtr] _columns
    cdef readonly bytes schema
    cdef readonly int64_t size_bytes

    def __init__(self):
        raise TypeError("use lay_out")

    def write(self, target not None):
        cdef Py_buffer view
        PyObject_GetBuffer(target, &view, PyBUF_WRITABLE)
        try:
            if view.len < self.size_bytes or (<size_t> view.buf) % 8 != 0:
                raise ValueError(f"{view.len} bytes at {<size_t> view.buf} for a batch of "
                                 f"{self.size_bytes}, which begins at a multiple of 8")
            with nogil:
                columns_write(self._columns, <uint8_t *> view.buf)
        finally:
            PyBuffer_Release(&view)


def lay_out(
    Batch batch not None, *, TypedObjects typed=None, bytes pickled=None, bytes ipc=None,
    bytes pickled_keys=None,
):
    cdef Error error
    cdef FrameSchema schema
    cdef string announcement
    cdef BatchLayout layout = BatchLayout.__new__(BatchLayout)
    schema.row_kind = row_kind_of(batch)
    if pickled is not None:
        schema.row_kind = PICKLED_ROWS | ARE_OBJECTS
        add_column(&schema, &layout._columns, ColumnRole.kValue, "", Column.from_buffer(pickled))
    elif typed is not None:
        schema.row_kind = typed.row_kind | ARE_OBJECTS
        add_values(&schema, &layout._columns, typed.columns, typed.names)
    elif ipc is not None:
        schema.row_kind |= ARE_IPC
        add_column(&schema, &layout._columns, ColumnRole.kValue, "", Column.from_buffer(ipc))
    elif batch.columns is None:
        raise TypeError(f"{batch!r} has no columns; type its rows or pickle them")
    else:
        add_values(&schema, &layout._columns, batch.columns, batch.row_type)
    add_beside(&schema, &layout._columns, batch, pickled_keys)
    check(frame_schema_write(schema, &announcement, &error), &error)
    layout.schema = announcement
    layout.size_bytes = columns_size(layout._columns)
    return layout


cdef uint8_t row_kind_of(Batch batch):
    if batch.row_type is None:
        return VALUE_ROWS
    return TUPLE_ROWS if isinstance(batch.row_type, TupleNames) else NAMED_ROWS


cdef int add_values(
    FrameSchema *schema, vector[ColumnPtr] *columns, object values, object names
) except -1:
    cdef Py_ssize_t at
    for at in range(len(values)):
        add_column(
            schema, columns, ColumnRole.kValue, "" if names is None else names[at], values[at])
    return 0


cdef int add_beside(
    FrameSchema *schema, vector[ColumnPtr] *columns, Batch batch, bytes pickled_keys
) except -1:
    """Add what stands beside the rows; what is one of the value columns is only named."""
    cdef Marks marks = batch.marks
    cdef bint has_values = schema.row_kind & ~SHAPE_BITS == 0
    if batch.times is not None:
        place = place_of(batch, batch.times._owner) if has_values else None
        if place is not None and Column.times_ms(batch.columns[int(place)]).data \
                == batch.times.data:
            add_column(schema, columns, ColumnRole.kTimesAreColumn, place, no_values())
        else:
            add_column(
                schema, columns, ColumnRole.kTimes, "", Column.from_buffer(batch.times))
    if batch.keys is not None:
        place = place_of(batch, batch.keys) if has_values else None
        if place is not None:
            add_column(schema, columns, ColumnRole.kKeysAreColumn, place, no_values())
        elif pickled_keys is not None:
            add_column(
                schema, columns, ColumnRole.kPickledKeys, "", Column.from_buffer(pickled_keys))
        elif isinstance(batch.keys, Column):
            add_column(schema, columns, ColumnRole.kKeys, "", batch.keys)
        else:
            keys = Column.from_objects(list(batch.keys))
            if keys is None:
                raise KeysNeedPickle(f"{batch!r} has keys of no plain type; pickle them")
            add_column(schema, columns, ColumnRole.kObjectKeys, "", keys)
    if batch.hashes is not None:
        add_column(schema, columns, ColumnRole.kHashes, "", Column.from_buffer(batch.hashes))
    if batch.kinds is not None:
        add_column(schema, columns, ColumnRole.kKinds, "", Column.from_buffer(batch.kinds))
    if marks is not None:
        add_column(schema, columns, ColumnRole.kMarkStops, "", Column.from_buffer(marks.stops))
        add_column(schema, columns, ColumnRole.kMarkTimes, "", Column.from_buffer(marks.times))
    return 0


class KeysNeedPickle(TypeError):
    """The keys of a batch are no column."""


cdef Column no_values():
    return Column.from_objects([])


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


@cython.final
cdef class BatchSchema:
    """What a schema frame said. Immutable."""

    cdef FrameSchema _native
    cdef object _row_type

    def __cinit__(self, payload not None):
        cdef Error error
        cdef Status status
        cdef Py_buffer view
        PyObject_GetBuffer(payload, &view, PyBUF_SIMPLE)
        try:
            status = frame_schema_read(<const uint8_t *> view.buf, view.len, &self._native, &error)
        finally:
            PyBuffer_Release(&view)
        check(status, &error)
        self._row_type = row_type_of(self._native)

    def batch_of(self, payload not None, *, loads, from_ipc, bint is_lent=False):
        cdef Error error
        cdef Status status
        cdef vector[ColumnPtr] columns
        cdef Py_buffer *view = NULL
        cdef Owner lease = lease_of(payload, &view)
        with nogil:
            status = columns_read(
                self._native, <const uint8_t *> view.buf, view.len, lease, is_lent, &columns,
                &error,
            )
        check(status, &error)
        return new_batch(self, columns, loads, from_ipc)


cdef object row_type_of(const FrameSchema &schema):
    """Names of the value columns in the form that says what becomes of them; or ValueError."""
    cdef size_t at
    cdef int shape = schema.row_kind & SHAPE_BITS
    cdef list names = []
    for at in range(schema.columns.size()):
        if schema.columns[at].role == ColumnRole.kValue:
            names.append(schema.columns[at].name.decode("utf-8", "surrogatepass"))
            if shape == PICKLED_ROWS or schema.row_kind & ARE_IPC:
                check_is_bytes(schema.columns[at])
        elif schema.columns[at].role == ColumnRole.kPickledKeys:
            check_is_bytes(schema.columns[at])
    if shape == VALUE_ROWS or shape == PICKLED_ROWS or schema.row_kind & ARE_IPC:
        if len(names) != 1:
            raise ValueError(f"a schema of one column that has {len(names)} of them")
        return None
    return TupleNames(names) if shape == TUPLE_ROWS or shape == UNNAMED_ROWS else tuple(names)


cdef int check_is_bytes(const FrameColumn &column) except -1:
    if column.type.get().id != TypeId.kUint8:
        raise ValueError("a schema of pickled rows whose column is not of bytes")
    return 0


cdef Owner lease_of(object payload, Py_buffer **out_view) except *:
    """What columns keep: a view of the frame, which the ring counts until the last one goes."""
    cdef Py_buffer *view = <Py_buffer *> PyMem_RawMalloc(sizeof(Py_buffer))
    if view is NULL:
        raise MemoryError()
    try:
        PyObject_GetBuffer(payload, view, PyBUF_SIMPLE)
    except BaseException:
        PyMem_RawFree(view)
        raise
    cdef Owner lease = owner_of(view, drop_view)
    if lease.get() is NULL:
        raise MemoryError()
    out_view[0] = view
    return lease


cdef void drop_view(void *context) noexcept with gil:
    if Py_IsInitialized():
        PyBuffer_Release(<Py_buffer *> context)
    PyMem_RawFree(context)


cdef Batch new_batch(
    BatchSchema schema, const vector[ColumnPtr] &columns, object loads, object from_ipc
):
    cdef size_t at
    cdef Column column
    cdef ColumnRole role
    cdef Batch batch
    cdef int row_kind = schema._native.row_kind
    cdef dict beside = {}
    cdef list values = []
    for at in range(columns.size()):
        column = wrap_column(columns[at])
        role = schema._native.columns[at].role
        if role == ColumnRole.kValue:
            values.append(column)
        elif role == ColumnRole.kKeysAreColumn or role == ColumnRole.kTimesAreColumn:
            beside[<int> role] = schema._native.columns[at].name
        else:
            beside[<int> role] = column
    if row_kind & ARE_IPC:
        batch = from_ipc(values[0])
        batch = shaped(batch, row_kind & SHAPE_BITS)
    elif row_kind & SHAPE_BITS == PICKLED_ROWS:
        batch = Batch.from_objects(loads(values[0]))
    else:
        batch = Batch.from_columns(values, schema._row_type)
        if row_kind & ARE_OBJECTS:
            objects = batch.objects()
            if row_kind & SHAPE_BITS == UNNAMED_ROWS:
                objects = unnamed_rows(objects)
            batch = Batch.from_objects(objects)
    batch = with_beside(batch, beside, loads)
    return retain(batch) if row_kind & (ARE_OBJECTS | ARE_IPC) else batch


cdef Batch shaped(Batch batch, int shape):
    if shape == VALUE_ROWS:
        return Batch.from_columns(batch.columns)
    return Batch.from_columns(
        batch.columns, TupleNames(batch.row_type) if shape == TUPLE_ROWS else batch.row_type)


cdef Batch with_beside(Batch batch, dict beside, object loads):
    cdef Batch whole
    times = numbers(beside.get(<int> ColumnRole.kTimes))
    place = beside.get(<int> ColumnRole.kTimesAreColumn)
    if place is not None:
        times = column_at(batch, place).times_ms()
    keys = beside.get(<int> ColumnRole.kKeys)
    place = beside.get(<int> ColumnRole.kKeysAreColumn)
    if place is not None:
        keys = column_at(batch, place)
    elif <int> ColumnRole.kObjectKeys in beside:
        keys = (<Column> beside[<int> ColumnRole.kObjectKeys]).to_objects()
    elif <int> ColumnRole.kPickledKeys in beside:
        keys = loads(beside[<int> ColumnRole.kPickledKeys])
    kinds = beside.get(<int> ColumnRole.kKinds)
    whole = batch.with_times(times).with_keys(
        keys, numbers(beside.get(<int> ColumnRole.kHashes)))
    if kinds is not None:
        whole = whole.with_kinds(bytes(kinds))
    stops = numbers(beside.get(<int> ColumnRole.kMarkStops))
    if stops is not None:
        mark_times = numbers(beside.get(<int> ColumnRole.kMarkTimes))
        if mark_times is None:
            raise ValueError("a batch with stops of marks, but without their times")
        whole = whole.with_marks(checked_marks(Marks(stops, mark_times)))
    return whole


cdef Marks checked_marks(Marks marks):
    """Marks that somebody else wrote: stops and times must ascend."""
    cdef Py_ssize_t at
    cdef bint is_right = marks.stops.data[0] >= 0
    for at in range(1, marks.stops.length):
        is_right = is_right and marks.stops.data[at - 1] <= marks.stops.data[at] \
            and marks.times.data[at - 1] <= marks.times.data[at]
    if not is_right:
        raise ValueError(f"{marks!r} do not ascend")
    return marks


cdef object numbers(object column):
    return None if column is None else (<Column> column).times_ms()


cdef Column column_at(Batch batch, bytes place):
    if batch.columns is None or not place.isdigit() or int(place) >= len(batch.columns):
        raise ValueError(f"a batch of {len(batch.columns or ())} columns has no column {place!r}")
    return batch.columns[int(place)]
