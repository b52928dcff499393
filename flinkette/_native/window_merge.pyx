"""Windows of a key that become one. See window_merge.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t

from flinkette._native.c_window_table cimport WindowSlot, kNoWindow
from flinkette._native.live_windows cimport LiveWindows
from flinkette._native.two_sides cimport TwoSides
from flinkette._native.window_assign cimport WindowAssignment
from flinkette._native.window_spec cimport (
    AGGREGATED, CUSTOM_TRIGGER, REDUCED, TWO_SIDED, Span, WindowSpec,
)


@cython.final
cdef class WindowMerging:
    """Finds the window that takes a row, merging others. Slot thread only."""

    def __cinit__(self, WindowSpec spec not None, LiveWindows live not None,
                  WindowAssignment assignment not None):
        self._spec = spec
        self._live = live
        self._assignment = assignment

    cdef uint32_t session(
        self, uint32_t key_id, Span span, int64_t watermark
    ) except? 4294967294:
        """Slot of the session that takes `span`, after merging; kNoWindow if it is late."""
        cdef uint32_t slot = self._live.table.first_of_key(key_id)
        cdef uint32_t keep
        cdef Span whole = span
        cdef list touched = []
        cdef WindowSlot *window
        while slot != kNoWindow:
            window = self._live.table.slot(slot)
            if window.start <= span.end and span.start <= window.end:
                touched.append((window.start, slot))
                whole.start = min(whole.start, window.start)
                whole.end = max(whole.end, window.end)
            slot = window.next_of_key
        if not touched:
            if self._live.is_gone(span.end - 1, watermark):
                return kNoWindow
            slot = self._live.new_slot(key_id, span)
            self._live.schedule(slot, watermark)
            return slot
        touched.sort()
        keep = touched[0][1]
        window = self._live.table.slot(keep)
        if len(touched) == 1 and window.start == whole.start and window.end == whole.end:
            return keep
        self._merge(keep, [other for _, other in touched[1:]], whole, None, watermark)
        return keep

    cdef uint32_t custom(
        self, uint32_t key_id, object window, int64_t watermark
    ) except? 4294967294:
        """Slot of the window that takes a row after the user's assigner merged; see `session`."""
        cdef uint32_t slot = self._live.table.first_of_key(key_id)
        cdef dict slots = {}
        cdef Span span
        cdef list merged, found
        while slot != kNoWindow:
            slots[self._live.window(slot)] = slot
            slot = self._live.table.slot(slot).next_of_key
        taker = window
        for to_be_merged, result in self._spec.merge_windows([*slots, window]):
            merged = list(to_be_merged)
            if window in merged:
                taker = result
            found = [slots.pop(each) for each in dict.fromkeys(merged) if each in slots]
            if not found:
                continue
            slots[result] = found[0]
            if len(found) > 1 or self._live.window(found[0]) != result:
                span = self._assignment.span_of(result)
                self._check(found[0], found[1:], span, result, watermark)
                self._merge(found[0], found[1:], span, result, watermark)
        if taker in slots:
            return slots[taker]
        if self._live.is_gone(taker.max_timestamp(), watermark):
            return kNoWindow
        slot = self._live.new_slot(key_id, self._assignment.span_of(taker))
        self._live.windows[slot] = taker
        self._live.schedule(slot, watermark)
        return slot

    cdef int _check(
        self, uint32_t keep, list others, Span whole, object window, int64_t watermark
    ) except -1:
        """Refuse what a user's merge must not make: a window that is over, or one twice."""
        cdef uint32_t twin
        if self._live.is_gone(window.max_timestamp(), watermark):
            raise ValueError(
                f"merge_windows made {window!r}, which ended before the watermark ({watermark}); a "
                "merged window must not end earlier than the windows it is made of"
            )
        twin = self._live.table.find(self._live.table.slot(keep).key_id, whole.start, whole.end)
        if twin != kNoWindow and twin != keep and twin not in others:
            raise ValueError(
                f"merge_windows made {window!r}, which there is already; name it among the "
                "windows that are merged, too"
            )
        return 0

    cdef int _merge(
        self, uint32_t keep, list others, Span whole, object window, int64_t watermark
    ) except -1:
        """Make one window in `keep` of it and `others`; `window`: the user's object, or None."""
        cdef WindowSpec spec = self._spec
        cdef LiveWindows live = self._live
        # first, for it may raise: then the windows, and what their triggers know, stay as they are
        contents = self._contents_of_all(keep, others)
        if spec.trigger_kind == CUSTOM_TRIGGER:
            slots = [keep, *others]
            spec.trigger_context.begin_merge(slots, [live.window(slot) for slot in slots])
        live.contents[keep] = contents
        for other in others:
            live.table.slot(keep).element_count += live.table.slot(other).element_count
            live.forget(other)
        live.table.move(keep, whole.start, whole.end)
        live.windows[keep] = window
        live.schedule(keep, watermark)
        if spec.trigger_kind == CUSTOM_TRIGGER:
            spec.trigger_context.bind(keep, live.window(keep))
            spec.trigger_context.merge(spec.trigger)
        return 0

    cdef object _contents_of_all(self, uint32_t keep, list others):
        """What a window made of these holds."""
        cdef WindowSpec spec = self._spec
        contents = self._live.contents[keep]
        for other in others:
            theirs = self._live.contents[other]
            if contents is self._live.absent:
                contents = theirs
            elif theirs is not self._live.absent:
                if spec.is_listed:
                    contents.extend(theirs)
                elif spec.contents_kind == REDUCED:
                    contents = spec.reduce(contents, theirs)
                elif spec.contents_kind == AGGREGATED:
                    contents = spec.merge(contents, theirs)
                elif spec.contents_kind == TWO_SIDED:
                    (<TwoSides> contents).absorb(theirs)
        return contents
