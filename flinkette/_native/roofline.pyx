"""The plainest loops, compiled like the kernels, for benchmarks only. See roofline.pyi."""

import cython
from libc.stdint cimport int64_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_roofline cimport (
    NativeTableLoop,
    copy_values,
    dense_add as native_dense_add,
    scatter_pairs as native_scatter_pairs,
)
from flinkette._native.status cimport check


def copy_column(Int64Buffer values not None, Int64Buffer out not None):
    with nogil:
        copy_values(values.data, values.length, out.data)


def scatter_pairs(
    Int64Buffer keys not None, Int64Buffer values not None, Uint32Buffer parts not None,
    Int64Buffer cursors not None, Int64Buffer out_keys not None, Int64Buffer out_values not None
):
    with nogil:
        native_scatter_pairs(
            keys.data, values.data, parts.data, keys.length, cursors.data, out_keys.data,
            out_values.data)


def dense_add(Uint32Buffer ids not None, Int64Buffer values not None, Int64Buffer sums not None):
    with nogil:
        native_dense_add(ids.data, values.data, values.length, sums.data)


@cython.final
cdef class TableLoop:
    """Sums per int key in one loop. Not thread safe."""

    cdef NativeTableLoop _table

    def __cinit__(self, int64_t key_count):
        check(self._table.open(key_count), NULL)

    def add(self, Int64Buffer keys not None, Int64Buffer values not None):
        with nogil:
            self._table.add(keys.data, values.data, keys.length)

    def sum(self, int64_t key):
        return self._table.sum(key)
