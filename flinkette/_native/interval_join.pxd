from libc.stdint cimport int64_t, uint32_t

from flinkette._native.batch cimport Batch
from flinkette._native.c_interval_join cimport (
    GroupedRows, JoinInput, JoinPair, NativeIntervalJoin,
)
from flinkette._native.row_kernel cimport RowKernel
from flinkette._native.values cimport Converter


cdef class JoinContext:
    cdef int64_t _left_ms
    cdef int64_t _right_ms
    cdef int64_t _time


cdef class IntervalJoin(RowKernel):
    cdef NativeIntervalJoin _join
    cdef JoinInput _input
    cdef list _stored
    # not None: fields of both sides become columns, and no function is called
    cdef object _columns
    cdef Batch _batch
    cdef Py_ssize_t _max_pairs
    cdef GroupedRows _grouped
    cdef object _function
    cdef JoinContext _context
    cdef Converter _converter
    cdef tuple _late_tags
    cdef object _infos
    cdef object _info
    cdef str _error_action
    cdef object _error_tag
    cdef size_t _next_pair
    cdef tuple _pair
    cdef object _iterator
    cdef int64_t _time
    cdef int64_t _firing
    cdef readonly int64_t late_rows_dropped
    cdef readonly int64_t rows_skipped

    cdef int _call_function(self) except -1
    cdef int _pull(self) except -1
    cdef int _advance(self) except -1
    cdef int _take_late(self) except -1
    cdef int _note_pairs(self) except -1
    cdef Batch _gather(self, int side)
    cdef int _drop_dead(self) except -1
