"""Fields of rows of any kind: Row, dict, tuple, list, object. See fields.pyi."""

import datetime

import cython
from cpython.datetime cimport PyDateTime_Check, import_datetime
from libc.stdint cimport int64_t

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.c_key_column cimport has_native_keys
from flinkette._native.column cimport Column
from flinkette._native.row cimport Row

from flinkette._native.batch import TupleNames

import_datetime()

cdef object UTC = datetime.timezone.utc
cdef object EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
cdef object MILLISECOND = datetime.timedelta(milliseconds=1)


cpdef object get_field(object row, object field):
    """Value of a field: by position for ints, else by name (item or attribute)."""
    if type(field) is int or isinstance(row, Row) or type(row) is dict:
        return row[field]
    if type(row) is tuple or type(row) is list:
        return row[position_of(field)]
    return getattr(row, field)


cdef object position_of(str field):
    """Position that PyFlink's default field names f0, f1, … stand for."""
    if field[:1] == "f" and field[1:].isdecimal():
        return int(field[1:])
    raise KeyError(
        f"a tuple has no field {field!r}; use a position (0, 1, …), f0, f1, …, or named fields"
    )


def field_values(list rows not None, field not None):
    """One field of every row as a list."""
    return [get_field(row, field) for row in rows]


@cython.final
cdef class FieldGetter:
    """Callable that takes one field of a row; picklable, so it can be a key selector."""

    cdef readonly object field

    def __cinit__(self, field not None):
        self.field = field

    def __call__(self, row):
        return get_field(row, self.field)

    def __reduce__(self):
        return FieldGetter, (self.field,)

    def __repr__(self):
        return f"FieldGetter({self.field!r})"


def field_keys(Batch batch not None, object field not None):
    cdef Column column
    cdef Py_ssize_t at = field_position(batch, field)
    if at < 0:
        return None
    column = batch.columns[at]
    if has_native_keys(column.handle.get().type.get()[0]):
        return column
    return column.to_objects()


cdef Py_ssize_t field_position(Batch batch, object field) except -2:
    """Column of the field that get_field would take from each row; -1 where there is none."""
    names = batch.row_type
    if batch.columns is None or names is None:
        return -1
    if type(field) is str and type(names) is not TupleNames:
        return names.index(field) if names.count(field) == 1 else -1
    if type(field) is str:
        if field[:1] != "f" or not field[1:].isdecimal():
            return -1
        field = int(field[1:])
    if type(field) is not int:
        return -1
    return field if 0 <= field < len(batch.columns) else -1


def field_times(list rows not None, field not None):
    """Event times in ms from a field of each row: ints are ms, naive datetimes are UTC."""
    cdef Py_ssize_t index
    cdef Int64Buffer times = Int64Buffer.allocate(len(rows))
    for index in range(len(rows)):
        value = get_field(rows[index], field)
        if type(value) is int:
            times.data[index] = value
        elif PyDateTime_Check(value):
            if value.tzinfo is None:
                value = value.replace(tzinfo=UTC)
            times.data[index] = (value - EPOCH) // MILLISECOND
        else:
            raise TypeError(
                f"field {field!r} of row {index} of the batch holds {value!r} "
                f"({type(value).__name__}); an event time is an int (ms since 1970) or a datetime"
            )
    return times


def max_time(Int64Buffer times not None, int64_t running_max):
    """Largest of the times and `running_max`."""
    cdef Py_ssize_t index
    with nogil:
        for index in range(times.length):
            running_max = max(running_max, times.data[index])
    return running_max
