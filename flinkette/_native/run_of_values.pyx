"""Cut, gather and join what stands beside the rows of a batch; for Cython callers only."""

from cpython.list cimport PyList_GET_ITEM, PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, column_gather
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.status cimport check


cdef object slice_values(object values, Py_ssize_t start, Py_ssize_t stop):
    if values is None:
        return None
    if isinstance(values, Column):
        return (<Column> values).slice(start, stop)
    if isinstance(values, Int64Buffer):
        return values.slice(start, stop)
    return values[start:stop]


cdef object counterpart(object column, tuple columns, tuple made):
    """What was made of a column that is one of `columns`; None for anything else."""
    cdef Py_ssize_t at
    if column is not None and columns is not None:
        for at in range(len(columns)):
            if columns[at] is column:
                return made[at]
    return None


# `rows` below are known to be rows of what they are taken from.


cdef Column gather_column(Column column, Uint32Buffer rows):
    cdef Error error
    cdef Status status
    cdef ColumnPtr gathered
    with nogil:
        status = column_gather(column.handle.get()[0], rows.data, rows.length, &gathered, &error)
    check(status, &error)
    return wrap_column(gathered)


cdef list gather_list(list values, Uint32Buffer rows):
    cdef Py_ssize_t row
    cdef list gathered = PyList_New(rows.length)
    for row in range(rows.length):
        value = <object> PyList_GET_ITEM(values, rows.data[row])
        Py_INCREF(value)
        PyList_SET_ITEM(gathered, row, value)
    return gathered


cdef object gather_values(object values, Uint32Buffer rows):
    if values is None:
        return None
    if isinstance(values, Int64Buffer):
        return (<Int64Buffer> values).gather(rows)
    if isinstance(values, Column):
        return gather_column(values, rows)
    if isinstance(values, bytes):
        return bytes(gather_list(list(values), rows))
    return gather_list(list(values) if type(values) is not list else values, rows)


cdef object concat_values(list runs):
    cdef list joined = []
    first = runs[0]
    if all([isinstance(run, Column) for run in runs]):
        names = {run.type_name for run in runs}
        if len(names) == 1:
            return Column.concat(runs)
    elif all([isinstance(run, Int64Buffer) for run in runs]):
        return Int64Buffer.concat(runs)
    elif isinstance(first, bytes) and all([isinstance(run, bytes) for run in runs]):
        return b"".join(runs)
    for run in runs:
        joined.extend(run.to_objects() if isinstance(run, Column) else run)
    return joined
