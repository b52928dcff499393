"""Row numbers of a batch by destination. See partition.pyi."""

from libc.stdint cimport int64_t, uint32_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_partition cimport deal_rows, scatter_rows
from flinkette._native.status cimport check

cdef int64_t PART_LIMIT = 32768
cdef int64_t ROW_LIMIT = 0xffffffff


def scatter(Uint32Buffer owners not None, int64_t parts):
    check_sizes(owners.length, parts)
    cdef Uint32Buffer rows = Uint32Buffer.allocate(owners.length)
    cdef Int64Buffer starts = Int64Buffer.allocate(<Py_ssize_t> parts + 1)
    cdef Error error
    cdef Status status
    with nogil:
        status = scatter_rows(
            owners.data, owners.length, <uint32_t> parts, rows.data, starts.data, &error)
    check(status, &error)
    return split(rows, starts, parts)


def round_robin(int64_t num_rows, int64_t parts, int64_t start=0):
    check_sizes(num_rows, parts)
    if not 0 <= start < parts:
        raise ValueError(f"the first part {start} is not in 0..{parts - 1}")
    cdef Uint32Buffer rows = Uint32Buffer.allocate(<Py_ssize_t> num_rows)
    cdef Int64Buffer starts = Int64Buffer.allocate(<Py_ssize_t> parts + 1)
    deal_rows(num_rows, <uint32_t> parts, <uint32_t> start, rows.data, starts.data)
    return split(rows, starts, parts)


cdef int check_sizes(int64_t num_rows, int64_t parts) except -1:
    if not 1 <= parts <= PART_LIMIT:
        raise ValueError(f"a batch has 1..{PART_LIMIT} parts, not {parts}")
    if not 0 <= num_rows <= ROW_LIMIT:
        raise ValueError(f"a batch has 0..{ROW_LIMIT} rows, not {num_rows}")
    return 0


cdef list split(Uint32Buffer rows, Int64Buffer starts, int64_t parts):
    return [
        rows.slice(starts.data[<Py_ssize_t> part], starts.data[<Py_ssize_t> part + 1])
        for part in range(parts)
    ]
