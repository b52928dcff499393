from libc.stdint cimport INT64_MAX, int64_t

from flinkette._native.values cimport Converter


cdef enum AssignerKind:
    TUMBLING = 0
    SLIDING = 1
    SESSION = 2
    DYNAMIC_SESSION = 3
    COUNT_TUMBLING = 4
    COUNT_SLIDING = 5
    CUSTOM_ASSIGNER = 6
    CUSTOM_MERGING = 7


cdef enum TriggerKind:
    AT_WINDOW_END = 0
    AT_COUNT = 1
    CUSTOM_TRIGGER = 2


cdef enum ContentsKind:
    REDUCED = 0
    AGGREGATED = 1
    LISTED = 2
    TWO_SIDED = 3


cdef enum EmitKind:
    PLAIN = 0
    APPLY = 1
    PROCESS_WINDOW = 2
    JOINED = 3
    FLAT_JOINED = 4
    CO_GROUPED = 5


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
    cdef object merge_windows
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
    cdef bint has_evictor
    cdef bint is_listed
    cdef object evict_before
    cdef object evict_after
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
    cdef tuple input_infos
    cdef str error_action
    cdef object error_tag


cdef inline int64_t saturating_add(int64_t left, int64_t right) noexcept:
    """left + right for right >= 0, stopping at the largest int64."""
    return INT64_MAX if left > INT64_MAX - right else left + right


cdef inline int64_t floor_start(int64_t time, int64_t offset, int64_t size) noexcept:
    """Start of the window of `size` that holds `time`; floors for times before 1970."""
    cdef int64_t remainder = (time - offset) % size
    return time - (remainder + size if remainder < 0 else remainder)
