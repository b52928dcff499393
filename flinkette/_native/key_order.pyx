"""The order in which keyed functions see rows in BATCH mode. See key_order.pyi."""

from libc.stdint cimport int64_t

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_key_order cimport order_by_key


def key_order(Batch batch not None, Uint32Buffer key_ids not None):
    cdef Uint32Buffer order
    cdef Int64Buffer times = batch.times
    cdef const int64_t *data = NULL
    if key_ids.length != batch.num_rows:
        raise ValueError(f"{key_ids.length} key ids for {batch.num_rows} rows")
    order = Uint32Buffer.allocate(key_ids.length)
    if times is not None:
        data = times.data
    if not order_by_key(key_ids.data, data, key_ids.length, order.data):
        raise MemoryError()
    return order


def runs_of_inputs(Uint32Buffer order not None, Py_ssize_t first_rows, Py_ssize_t max_rows):
    cdef Py_ssize_t row, start = 0
    cdef bint is_second, was_second = False
    cdef list runs = []
    for row in range(order.length):
        is_second = <int64_t> order.data[row] >= first_rows
        if row > start and (is_second != was_second or row - start >= max_rows):
            runs.append((start, row, int(was_second)))
            start = row
        was_second = is_second
    if order.length > start:
        runs.append((start, order.length, int(was_second)))
    return runs
