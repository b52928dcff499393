"""Cut, gather and join what stands beside the rows of a batch; for Cython callers only."""

from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE, PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer, check_indices
from flinkette._native.column cimport Column


cdef object slice_values(object values, Py_ssize_t start, Py_ssize_t stop):
    if values is None:
        return None
    if isinstance(values, Column):
        return (<Column> values).slice(start, stop)
    if isinstance(values, Int64Buffer):
        return values.slice(start, stop)
    return values[start:stop]


cdef list take_list(list values, Uint32Buffer indices):
    cdef Py_ssize_t row
    cdef list taken
    check_indices(indices, PyList_GET_SIZE(values))
    taken = PyList_New(indices.length)
    for row in range(indices.length):
        value = <object> PyList_GET_ITEM(values, indices.data[row])
        Py_INCREF(value)
        PyList_SET_ITEM(taken, row, value)
    return taken


cdef object take_values(object values, Uint32Buffer indices):
    if values is None:
        return None
    if isinstance(values, Column):
        return (<Column> values).take(indices)
    if isinstance(values, Int64Buffer):
        return (<Int64Buffer> values).take(indices)
    if isinstance(values, bytes):
        return bytes(take_list(list(values), indices))
    return take_list(list(values) if type(values) is not list else values, indices)


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
