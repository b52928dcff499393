from libc.stdint cimport int64_t
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_column cimport Column as NativeColumn, TypePtr
from flinkette._native.c_window_run cimport WindowRun
from flinkette._native.column cimport Column
from flinkette._native.keys cimport KeyMap
from flinkette._native.marks cimport Marks


cdef class AggregateWindows:
    cdef WindowRun _run
    cdef KeyMap _keys
    cdef list _aggregates
    cdef list _windows
    cdef object _make_failure
    cdef object _make_result_failure
    cdef list _expected
    cdef TypePtr _key_type
    cdef bint _has_key_type
    cdef Batch _batch
    cdef Uint32Buffer _ids
    cdef Int64Buffer _gaps
    cdef list _columns
    cdef vector[const NativeColumn *] _handles
    cdef int64_t _arrival
    cdef Py_ssize_t _untimed_row
    cdef bint _is_timed
    cdef object _failure
    cdef readonly Py_ssize_t late_rows_dropped

    cdef object _explained(self, object reason)
    cdef int _load_columns(self, Batch batch) except -1
    cdef Column _column(self, Batch batch, object aggregate, Column expected)
    cdef int _note_key_type(self, object keys) except -1
    cdef Column _key_column(self, Uint32Buffer ids)
    cdef list _rows_with_keys(self, Uint32Buffer ids, list columns, tuple names)
    cdef Marks _marks(self, const vector[int64_t] &stops, const vector[int64_t] &times)
