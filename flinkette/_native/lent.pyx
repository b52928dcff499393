"""Batches in memory that its lender wants back. See lent.pyi."""

from libc.stdint cimport int64_t
from libc.string cimport memcpy

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, column_is_lent, column_retain
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.marks cimport Marks
from flinkette._native.status cimport check


cpdef Batch retain(Batch batch):
    cdef Column column, same
    cdef Batch kept
    cdef bint is_same = True
    cdef list values = []
    if batch.columns is not None:
        for column in batch.columns:
            same = kept_column(column)
            is_same = is_same and same is column
            values.append(same)
    keys = batch.keys
    times = batch.times
    place = None if batch.columns is None else place_of(batch, keys)
    if place is not None:
        keys = values[int(place)]
    elif isinstance(keys, Column):
        keys = kept_column(keys)
    place = None if times is None or batch.columns is None else place_of(batch, times._owner)
    if place is not None and are_same(Column.times_ms(batch.columns[int(place)]), times):
        times = Column.times_ms(values[int(place)])
    else:
        times = kept_numbers(times)
    hashes = kept_numbers(batch.hashes)
    marks = batch.marks
    if marks is not None and (is_lent(marks.stops) or is_lent(marks.times)):
        marks = Marks(kept_numbers(marks.stops), kept_numbers(marks.times))
    if is_same and keys is batch.keys and times is batch.times and hashes is batch.hashes \
            and marks is batch.marks:
        return batch
    if batch.columns is None:
        kept = Batch.from_objects(batch.objects(), times)
    else:
        kept = Batch.from_columns(values, batch.row_type, times)
        kept._objects = batch._objects
    return kept.with_keys(keys, hashes).with_kinds(batch.kinds).with_marks(marks)


cdef bint are_same(Int64Buffer left, Int64Buffer right) noexcept:
    return left.data == right.data and left.length == right.length


cdef Column kept_column(Column column):
    cdef Error error
    cdef Status status
    cdef ColumnPtr handle
    if not column_is_lent(column.handle.get()[0]):
        return column
    with nogil:
        status = column_retain(column.handle, &handle, &error)
    check(status, &error)
    return wrap_column(handle)


cdef bint is_lent(Int64Buffer values):
    """Whether numbers lie in memory that is lent: they are a view of such a column."""
    owner = values._owner
    while isinstance(owner, Int64Buffer):
        owner = (<Int64Buffer> owner)._owner
    return isinstance(owner, Column) and column_is_lent((<Column> owner).handle.get()[0])


cdef Int64Buffer kept_numbers(Int64Buffer values):
    cdef Int64Buffer copied
    if values is None or not is_lent(values):
        return values
    copied = Int64Buffer.allocate(values.length)
    memcpy(copied.data, values.data, <size_t> values.length * sizeof(int64_t))
    return copied


cdef str place_of(Batch batch, object column):
    """Number of the value column that is this very one, as text; or None."""
    cdef Py_ssize_t at
    if isinstance(column, Column):
        for at in range(len(batch.columns)):
            if batch.columns[at] is column:
                return str(at)
    return None
