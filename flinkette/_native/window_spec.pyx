"""Everything about a window operator that is decided before its first row. See window_spec.pyi."""

import cython
from libc.stdint cimport int64_t

from flinkette._native.values cimport Converter

ASSIGNER_KINDS = {
    "tumbling": TUMBLING,
    "sliding": SLIDING,
    "session": SESSION,
    "dynamic_session": DYNAMIC_SESSION,
    "count_tumbling": COUNT_TUMBLING,
    "count_sliding": COUNT_SLIDING,
    "custom": CUSTOM_ASSIGNER,
    "custom_merging": CUSTOM_MERGING,
}
TRIGGER_KINDS = {"window_end": AT_WINDOW_END, "count": AT_COUNT, "custom": CUSTOM_TRIGGER}
CONTENTS_KINDS = {
    "reduce": REDUCED, "aggregate": AGGREGATED, "list": LISTED, "two_sides": TWO_SIDED,
}
EMIT_KINDS = {
    "plain": PLAIN,
    "apply": APPLY,
    "process": PROCESS_WINDOW,
    "join": JOINED,
    "flat_join": FLAT_JOINED,
    "co_group": CO_GROUPED,
}


@cython.final
cdef class WindowSpec:
    """Everything about a window operator that is decided before its first row."""

    def __cinit__(
        self, *, str assigner, bint is_event_time, int64_t size=0, int64_t slide=0,
        int64_t offset=0, assign=None, merge_windows=None, str trigger, int64_t count=0,
        trigger_object=None, trigger_context=None,
        str contents, reduce=None, create_accumulator=None, add=None, get_result=None, merge=None,
        evict_before=None, evict_after=None,
        str emit, window_function=None, clear_function=None, function_context=None,
        bint is_all=False,
        int64_t lateness=0, late_tag=None, make_window, Converter converter=None, info=None,
        tuple input_infos=None,
        str error_action="fail", error_tag=None,
    ):
        self.assigner_kind = ASSIGNER_KINDS[assigner]
        self.is_event_time = is_event_time
        self.size = size
        self.slide = slide
        self.offset = offset
        self.assign = assign
        self.merge_windows = merge_windows
        self.trigger_kind = TRIGGER_KINDS[trigger]
        self.count = count
        self.trigger = trigger_object
        self.trigger_context = trigger_context
        self.contents_kind = CONTENTS_KINDS[contents]
        self.reduce = reduce
        self.create_accumulator = create_accumulator
        self.add = add
        self.get_result = get_result
        self.merge = merge
        self.has_evictor = evict_before is not None
        self.is_listed = self.has_evictor or self.contents_kind == LISTED
        self.evict_before = evict_before
        self.evict_after = evict_after
        self.emit_kind = EMIT_KINDS[emit]
        self.window_function = window_function
        self.clear_function = clear_function
        self.function_context = function_context
        self.is_all = is_all
        self.lateness = lateness
        self.late_tag = late_tag
        self.make_window = make_window
        self.converter = converter
        self.info = info
        self.input_infos = input_infos
        self.error_action = error_action
        self.error_tag = error_tag
        if size <= 0 and self.assigner_kind not in (
            CUSTOM_ASSIGNER, CUSTOM_MERGING, SESSION, DYNAMIC_SESSION
        ):
            raise ValueError(f"window size must be positive, got {size}")
        if self.assigner_kind in (SLIDING, COUNT_SLIDING) and slide <= 0:
            raise ValueError(f"window slide must be positive, got {slide}")
