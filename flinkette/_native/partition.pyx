"""Rows of a batch by destination. See partition.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

from flinkette._native.batch cimport Batch, gather_rows
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer, check_indices
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_partition cimport (
    deal_rows, draw_parts, scatter_rows, scatter_workspace_length,
)
from flinkette._native.status cimport check

cdef int64_t PART_LIMIT = 32768
cdef int64_t ROW_LIMIT = 0xffffffff


@cython.final
cdef class Parts:
    """Row numbers of a batch, part after part. Immutable."""

    cdef readonly Uint32Buffer rows
    cdef readonly Int64Buffer starts

    def __cinit__(self, Uint32Buffer rows not None, Int64Buffer starts not None):
        self.rows = rows
        self.starts = starts

    def __len__(self):
        return self.starts.length - 1

    def __getitem__(self, Py_ssize_t part):
        if not 0 <= part < self.starts.length - 1:
            raise IndexError(f"part {part} of {self.starts.length - 1}")
        return self.rows.slice(self.starts.data[part], self.starts.data[part + 1])

    def order(self, Batch batch not None):
        if batch.num_rows != self.rows.length:
            raise ValueError(f"parts of {self.rows.length} rows for {batch.num_rows} rows")
        return gather_rows(batch, self.rows)

    def split(self, Batch batch not None):
        cdef Py_ssize_t part, start, stop
        cdef Batch made
        cdef Batch ordered = None
        cdef list batches = []
        if batch.columns is not None:
            ordered = self.order(batch)
        for part in range(self.starts.length - 1):
            start = self.starts.data[part]
            stop = self.starts.data[part + 1]
            if start == stop:
                batches.append(None)
                continue
            if ordered is None:
                made = batch.take(self.rows.slice(start, stop))
            else:
                made = ordered.slice(start, stop)
            if batch.marks is not None:
                made = made.with_marks(batch.marks.after_take(self.rows.slice(start, stop)))
            batches.append(made)
        return batches


def scatter(Uint32Buffer owners not None, int64_t parts):
    check_sizes(owners.length, parts)
    cdef uint32_t part_count = <uint32_t> parts
    cdef Uint32Buffer rows = Uint32Buffer.allocate(owners.length)
    cdef Int64Buffer starts = Int64Buffer.allocate(<Py_ssize_t> parts + 1)
    cdef Uint32Buffer workspace = Uint32Buffer.allocate(
        <Py_ssize_t> scatter_workspace_length(part_count))
    cdef Error error
    cdef Status status
    with nogil:
        status = scatter_rows(
            owners.data, owners.length, part_count, workspace.data, rows.data, starts.data, &error)
    check(status, &error)
    return Parts(rows, starts)


def round_robin(int64_t num_rows, int64_t parts, int64_t start=0):
    check_sizes(num_rows, parts)
    if not 0 <= start < parts:
        raise ValueError(f"the first part {start} is not in 0..{parts - 1}")
    cdef Uint32Buffer rows = Uint32Buffer.allocate(<Py_ssize_t> num_rows)
    cdef Int64Buffer starts = Int64Buffer.allocate(<Py_ssize_t> parts + 1)
    deal_rows(num_rows, <uint32_t> parts, <uint32_t> start, rows.data, starts.data)
    return Parts(rows, starts)


def random_owners(uint64_t seed, uint64_t position, int64_t num_rows, int64_t parts):
    check_sizes(num_rows, parts)
    cdef Uint32Buffer chosen = Uint32Buffer.allocate(<Py_ssize_t> num_rows)
    draw_parts(seed, position, num_rows, <uint32_t> parts, chosen.data)
    return chosen


def distinct(Uint32Buffer ids not None, Py_ssize_t capacity):
    cdef Uint32Buffer firsts = Uint32Buffer.allocate(ids.length)
    cdef Uint32Buffer places = Uint32Buffer.allocate(ids.length)
    cdef Uint32Buffer place_of = Uint32Buffer.allocate(capacity)
    cdef uint32_t unknown = 0xffffffff
    cdef uint32_t place
    cdef uint32_t count = 0
    cdef Py_ssize_t row
    check_indices(ids, capacity)
    with nogil:
        memset(place_of.data, 0xff, <size_t> capacity * sizeof(uint32_t))
        for row in range(ids.length):
            place = place_of.data[ids.data[row]]
            if place == unknown:
                place = count
                place_of.data[ids.data[row]] = place
                firsts.data[place] = <uint32_t> row
                count += 1
            places.data[row] = place
    return firsts.slice(0, count), places


def pick(Uint32Buffer values not None, Uint32Buffer places not None):
    cdef Uint32Buffer picked = Uint32Buffer.allocate(places.length)
    cdef Py_ssize_t row
    check_indices(places, values.length)
    for row in range(places.length):
        picked.data[row] = values.data[places.data[row]]
    return picked


cdef int check_sizes(int64_t num_rows, int64_t parts) except -1:
    if not 1 <= parts <= PART_LIMIT:
        raise ValueError(f"a batch has 1..{PART_LIMIT} parts, not {parts}")
    if not 0 <= num_rows <= ROW_LIMIT:
        raise ValueError(f"a batch has 0..{ROW_LIMIT} rows, not {num_rows}")
    return 0
