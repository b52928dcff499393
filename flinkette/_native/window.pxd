from libc.stdint cimport int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.c_window_table cimport WindowTable
from flinkette._native.marks cimport Marks
from flinkette._native.rows cimport RowOutput
from flinkette._native.state cimport KeyContext
from flinkette._native.values cimport Converter


cdef enum AssignerKind:
    TUMBLING = 0
    SLIDING = 1
    SESSION = 2
    DYNAMIC_SESSION = 3
    COUNT_TUMBLING = 4
    COUNT_SLIDING = 5
    CUSTOM_ASSIGNER = 6


cdef enum TriggerKind:
    AT_WINDOW_END = 0
    AT_COUNT = 1
    CUSTOM_TRIGGER = 2


cdef enum ContentsKind:
    REDUCED = 0
    AGGREGATED = 1
    LISTED = 2


cdef enum EmitKind:
    PLAIN = 0
    APPLY = 1
    PROCESS_WINDOW = 2


cdef struct Span:
    int64_t start
    int64_t end


cdef class WindowSpec:
    cdef AssignerKind assigner_kind
    cdef bint is_event_time
    cdef int64_t size
    cdef int64_t slide
    cdef int64_t offset
    cdef object assign
    cdef TriggerKind trigger_kind
    cdef int64_t count
    cdef object trigger
    cdef object trigger_context
    cdef ContentsKind contents_kind
    cdef object reduce
    cdef object create_accumulator
    cdef object add
    cdef object get_result
    cdef object merge
    cdef EmitKind emit_kind
    cdef object window_function
    cdef object clear_function
    cdef object function_context
    cdef bint is_all
    cdef int64_t lateness
    cdef object late_tag
    cdef object make_window
    cdef Converter converter
    cdef object info
    cdef str error_action
    cdef object error_tag


cdef class WindowOperator:
    cdef WindowSpec _spec
    cdef KeyContext _keys
    cdef object _now_ms
    cdef object _tag_class
    cdef object _make_error
    cdef object _make_row_error
    cdef WindowTable _table
    cdef TimerHeap _event_timers
    cdef TimerHeap _processing_timers
    cdef list _contents
    cdef list _windows
    cdef dict _interned
    cdef vector[int64_t] _counts
    cdef readonly int64_t watermark
    cdef readonly int64_t late_rows_dropped
    cdef readonly int64_t rows_skipped
    cdef RowOutput _output
    cdef list _rows
    cdef Int64Buffer _times
    cdef object _ids
    cdef uint32_t *_id_data
    cdef Py_ssize_t _cursor
    cdef object _row
    cdef int64_t _time
    cdef int64_t _now
    cdef bint _row_is_open
    cdef bint _row_is_skipped
    cdef vector[Span] _spans
    cdef list _span_windows
    cdef size_t _span_index
    cdef int _mode
    cdef int64_t _firing_until
    cdef Marks _marks
    cdef Py_ssize_t _mark
    cdef object _iterator
    cdef int64_t _emit_time
    cdef uint32_t _after_slot
    cdef int _after
    cdef object _failure

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1
    cdef int _pull(self) except -1
    cdef int _next_row(self) except -1
    cdef int _close_row(self) except -1
    cdef int _assign(self) except -1
    cdef int _assign_custom(self) except -1
    cdef int _add_to_span(self) except -1
    cdef uint32_t _session(self, uint32_t key_id, Span span) except? 4294967294
    cdef int _absorb(self, uint32_t keep, uint32_t other) except -1
    cdef uint32_t _new_slot(self, uint32_t key_id, Span span) except? 4294967294
    cdef int _add(self, uint32_t slot, object value) except -1
    cdef int _on_element(self, uint32_t slot) except -1
    cdef int _pass_marks(self) except -1
    cdef int _next_timer(self, bint is_event_time) except -1
    cdef int64_t _count_row(self) except -1
    cdef int _schedule(self, uint32_t slot) except -1
    cdef int _obey(self, uint32_t slot, object result) except -1
    cdef int _finish_or_wait(self, uint32_t slot, int after) except -1
    cdef int _forget(self, uint32_t slot) except -1
    cdef int _finish(self, uint32_t slot, int after) except -1
    cdef int _emit(self, uint32_t slot) except -1
    cdef int _clear(self, uint32_t slot) except -1
    cdef Timer _timer_of(self, uint32_t slot, int64_t time_ms) noexcept
    cdef int _timer(self, uint32_t slot, int64_t time_ms, bint is_event_time) except -1
    cdef int64_t _max_timestamp(self, uint32_t slot) except? -1
    cdef int64_t _cleanup_time(self, int64_t max_timestamp) noexcept
    cdef object _window(self, uint32_t slot)
    cdef int _handle_error(self, BaseException error) except -1
