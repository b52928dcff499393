"""Batches behind each other as one. See joined.pyi."""

from libc.stdint cimport int64_t

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.c_column cimport type_equals
from flinkette._native.column cimport Column
from flinkette._native.lent cimport place_of
from flinkette._native.marks cimport Marks


def can_join(Batch left not None, Batch right not None):
    cdef Py_ssize_t at
    if (left.columns is None) != (right.columns is None) \
            or (left.times is None) != (right.times is None) \
            or (left.hashes is None) != (right.hashes is None) \
            or (left.kinds is None) != (right.kinds is None) \
            or type(left.keys) is not type(right.keys):
        return False
    if isinstance(left.keys, Column) and not are_joinable(left.keys, right.keys):
        return False
    if left.columns is None:
        return True
    if len(left.columns) != len(right.columns) or left.row_type != right.row_type \
            or type(left.row_type) is not type(right.row_type):
        return False
    for at in range(len(left.columns)):
        if not are_joinable(left.columns[at], right.columns[at]):
            return False
    return True


def join(list batches not None, list marks not None):
    cdef Batch first = batches[0]
    cdef Batch joined = Batch.concat(batches)
    cdef str place
    if first.columns is not None and len(batches) > 1:
        place = common_place(batches, [(<Batch> each).keys for each in batches])
        if place is not None:
            joined = joined.with_keys(joined.columns[int(place)], joined.hashes)
        if first.times is not None:
            place = common_place(batches, [(<Batch> each).times._owner for each in batches])
            if place is not None and are_times_of(batches, int(place)):
                joined = joined.with_times((<Column> joined.columns[int(place)]).times_ms())
    return joined.with_marks(joined_marks(marks) if marks else None)


cdef bint are_joinable(Column left, Column right) except -1:
    """Whether both have one type. Dictionaries are not copied for what follows."""
    return left.handle.get().dictionary.get() == NULL \
        and right.handle.get().dictionary.get() == NULL \
        and type_equals(left.handle.get().type.get()[0], right.handle.get().type.get()[0])


cdef str common_place(list batches, list columns):
    """Number of the value column that is this one in every batch, as text; or None."""
    cdef str place = place_of(batches[0], columns[0])
    if place is None:
        return None
    for batch, column in zip(batches, columns):
        if (<Batch> batch).columns[int(place)] is not column:
            return None
    return place


cdef bint are_times_of(list batches, Py_ssize_t place) except -1:
    """Whether the event times are all values of that column as it is."""
    cdef Batch batch
    cdef Int64Buffer times
    for batch in batches:
        times = (<Column> batch.columns[place]).times_ms()
        if times.data != batch.times.data or times.length != batch.times.length:
            return False
    return True


cdef Marks joined_marks(list parts):
    cdef Marks marks
    cdef int64_t start
    cdef Py_ssize_t mark
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t count = 0
    for _, marks in parts:
        count += marks.stops.length
    cdef Int64Buffer stops = Int64Buffer.allocate(count)
    cdef Int64Buffer times = Int64Buffer.allocate(count)
    for start, marks in parts:
        for mark in range(marks.stops.length):
            if at and marks.times.data[mark] <= times.data[at - 1]:
                continue  # says nothing new
            stops.data[at] = start + marks.stops.data[mark]
            times.data[at] = marks.times.data[mark]
            at += 1
    return Marks(stops.slice(0, at), times.slice(0, at))
