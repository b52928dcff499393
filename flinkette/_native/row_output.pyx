"""Rows that a kernel has made and not yet handed on. See row_output.pyi."""

import cython
from libc.stdint cimport INT64_MIN, int64_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.marks cimport Marks
from flinkette._native.values cimport Converter, fix, make_converter


cdef Int64Buffer copy_int64(const vector[int64_t] &values):
    cdef Int64Buffer copy = Int64Buffer.allocate(<Py_ssize_t> values.size())
    memcpy(copy.data, values.data(), values.size() * sizeof(int64_t))
    return copy


@cython.final
cdef class RowOutput:
    """Rows a program or operator has made and not yet handed on. Slot thread only."""

    def __cinit__(self, bint has_keys=False):
        self.values = []
        self.keys = [] if has_keys else None
        self.has_times = False
        self.side = {}
        self.converters = {}

    cdef int append(self, object value, int64_t time) except -1:
        self.values.append(value)
        self.times.push_back(time)
        if time != INT64_MIN:
            self.has_times = True
        return 0

    cdef int append_side(self, object tag, object value, int64_t time) except -1:
        output = self.side.get(tag)
        if output is None:
            output = RowOutput()
            self.side[tag] = output
        (<RowOutput> output).append(value, time)
        return 0

    cdef int yield_side(self, object tag, object value, int64_t time) except -1:
        """Append what user code yielded with a tag, fixed or converted to the tag's type."""
        cdef Converter converter
        if tag not in self.converters:
            spec = tag.type_info.type_spec()
            self.converters[tag] = None if spec == ("pickled",) else make_converter(spec)
        converter = self.converters[tag]
        value = fix(value) if converter is None else converter.convert(value)
        return self.append_side(tag, value, time)

    cdef int mark(self, int64_t time) except -1:
        """Note that the watermark stands here, after the rows made so far."""
        cdef int64_t stop = <int64_t> self.times.size()
        if self.mark_stops.size() and self.mark_stops.back() == stop:
            self.mark_times[self.mark_times.size() - 1] = time
        else:
            self.mark_stops.push_back(stop)
            self.mark_times.push_back(time)
        for output in self.side.values():
            (<RowOutput> output).mark(time)
        return 0

    cdef object take_watermark(self):
        """A watermark that no row of a batch can carry, because there are no rows; or None."""
        if self.times.size() or not self.mark_times.size():
            return None
        time = self.mark_times.back()
        self.mark_stops.clear()
        self.mark_times.clear()
        return time

    cdef object take(self):
        """The rows as a batch, or None; this output is empty afterwards."""
        if self.times.size() == 0:
            return None
        values, keys = self.values, self.keys
        self.values = []
        self.keys = None if keys is None else []
        return self.stamp(Batch.from_objects(values, keys=keys))

    cdef Batch stamp(self, Batch batch):
        """A batch of as many rows as times were noted, with these and the marks among them."""
        cdef Int64Buffer times = None
        cdef Marks marks = None
        if self.has_times:
            times = copy_int64(self.times)
        if self.mark_stops.size():
            marks = Marks(copy_int64(self.mark_stops), copy_int64(self.mark_times))
            self.mark_stops.clear()
            self.mark_times.clear()
        self.times.clear()
        self.has_times = False
        return batch.with_event_times(times, marks)

    cdef list take_side(self):
        """(tag, batch) of every side output with rows."""
        cdef list taken
        if not self.side:
            return []
        taken = [(tag, (<RowOutput> output).take()) for tag, output in self.side.items()]
        self.side = {}
        return taken
