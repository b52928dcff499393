"""Windows of built-in aggregates: columns in, columns out. See slice_window.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.boxing cimport rows_of
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_accumulator cimport (
    AccumulatorLayout, AggregateDefinition, AggregateKind, make_layout,
)
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, TypeId, type_equals, type_from_format
from flinkette._native.c_time_scan cimport first_untimed
from flinkette._native.c_window_kernel cimport WindowDefinition, WindowRows, WindowShape
from flinkette._native.c_window_output cimport WindowOutput
from flinkette._native.c_window_run cimport RunState
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.keys cimport KeyMap
from flinkette._native.marks cimport Marks
from flinkette._native.status cimport check

from flinkette._native.fields import field_values
from flinkette._native.window import MissingTimestamp

# Arrow formats of columns for keys of unknown type, by the type of the first one.
cdef dict FORMATS = {int: b"l", str: b"u", bytes: b"z", float: b"g", bool: b"b"}

# Columns of the same Python values as utf8.
cdef frozenset TEXTS = frozenset(("large_utf8", "dictionary<utf8>", "dictionary<large_utf8>"))


def refusal(aggregate not None):
    cdef Error error
    cdef vector[AggregateDefinition] definitions
    cdef AccumulatorLayout layout
    cdef Status status
    definitions.push_back(definition_of(aggregate))
    status = make_layout(definitions, &layout, &error)
    if status == Status.kUnsupported or status == Status.kInvalid:
        return (<const char *> error.message).decode("utf-8", "replace")
    check(status, &error)
    return None


cdef AggregateDefinition definition_of(object aggregate) except *:
    cdef AggregateDefinition definition
    definition.kind = <AggregateKind> <int> aggregate.kind
    definition.option = aggregate.option
    definition.parameter = aggregate.parameter
    if aggregate.spec is not None:
        definition.input_type = input_column(aggregate).handle.get().type
    return definition


cdef Column input_column(object aggregate):
    """No rows of the type that an aggregate reads, or None."""
    return None if aggregate.spec is None else Column.from_objects_typed([], aggregate.spec)


@cython.final
cdef class AggregateWindows:
    """Windows of one subtask, driven by batches and watermarks. Slot thread only."""

    def __cinit__(
        self, *, KeyMap keys not None, list aggregates not None, list windows not None,
        tuple key_spec=None, bint is_event_time=True, make_failure, make_result_failure,
    ):
        cdef Error error
        cdef vector[AggregateDefinition] definitions
        cdef vector[WindowDefinition] shapes
        cdef WindowDefinition shape
        self._keys = keys
        self._aggregates = aggregates
        self._windows = windows
        self._make_failure = make_failure
        self._make_result_failure = make_result_failure
        self._is_timed = is_event_time
        self._expected = []
        self._columns = []
        self._untimed_row = -1
        for aggregate in aggregates:
            self._expected.append(input_column(aggregate))
            definitions.push_back(definition_of(aggregate))
        for window in windows:
            shape = WindowDefinition()
            shape.shape = <WindowShape> <int> window.shape
            shape.size = window.size
            shape.slide = window.slide
            shape.offset = window.offset
            shape.lateness = window.lateness
            shape.accumulators = window.accumulators
            shapes.push_back(shape)
        check(self._run.open(definitions, shapes, &keys.native, &error), &error)
        if key_spec is not None:
            self._note_key_type(Column.from_objects_typed([], key_spec))

    @property
    def live_states(self):
        return self._run.kernel().live_states()

    @property
    def memory_bytes(self):
        return self._run.kernel().memory_bytes()

    def load(self, Batch batch not None, Uint32Buffer ids=None, Int64Buffer gaps=None):
        cdef WindowRows rows
        cdef Int64Buffer times = batch.times
        cdef Py_ssize_t row
        cdef const int64_t *mark_stops = NULL
        cdef const int64_t *mark_times = NULL
        cdef int64_t mark_count = 0
        if ids is None:
            ids = self._keys.ids(batch.keys, batch.hashes)
        self._batch = batch
        self._ids = ids
        self._gaps = gaps
        self._untimed_row = -1
        self._load_columns(batch)
        if batch.keys is not None:
            self._note_key_type(batch.keys)
        rows = WindowRows()
        rows.ids = ids.data
        rows.columns = self._handles.data()
        rows.first_row = 0
        rows.end_row = batch.num_rows
        rows.first_arrival = self._arrival
        if times is not None:
            rows.times = times.data
        if gaps is not None:
            rows.gaps = gaps.data
        if self._is_timed and batch.num_rows > 0:
            row = 0
            if times is not None:
                with nogil:
                    row = <Py_ssize_t> first_untimed(times.data, times.length)
            if row < batch.num_rows:
                self._untimed_row = row
                rows.end_row = row
        if batch.marks is not None and self._untimed_row < 0:
            mark_stops = batch.marks.stops.data
            mark_times = batch.marks.times.data
            mark_count = batch.marks.stops.length
        self._arrival += batch.num_rows
        self._run.load_rows(rows, mark_stops, mark_times, mark_count)

    def load_event_timers(self, int64_t watermark):
        self._run.load_watermark(watermark)

    def run(self, int64_t deadline_ns, Py_ssize_t max_rows):
        cdef Error error
        cdef Status status = Status.kOk
        cdef RunState state
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        with nogil:
            state = self._run.run(deadline_ns, max_rows, &status, &error)
        if state == RunState.kFailed:
            try:
                check(status, &error)
            except Exception as reason:
                self._failure = self._explained(reason)
        elif state == RunState.kDone:
            if self._untimed_row >= 0:
                state = RunState.kFailed
                self._failure = self._make_failure(
                    MissingTimestamp(), self._batch, self._untimed_row)
        return <int> state

    cdef object _explained(self, object reason):
        """Say which result an error belongs to, if one does."""
        cdef int definition = self._run.failed_definition()
        if definition < 0:
            return self._make_failure(reason, None, -1)
        failed = self._run.output(<size_t> definition).failed()
        return self._make_result_failure(
            reason, definition, self._keys.key_object(failed.id), failed.start, failed.end)

    def take(self):
        return self.take_results(0)

    def take_results(self, size_t definition):
        cdef Error error
        cdef ColumnPtr column
        cdef size_t at
        cdef Uint32Buffer ids
        cdef Int64Buffer times
        cdef Marks marks
        cdef list columns = []
        cdef WindowOutput *output = &self._run.output(definition)
        cdef Py_ssize_t count = <Py_ssize_t> output.row_count()
        if count == 0:
            return None
        window = self._windows[definition]
        ids = Uint32Buffer.allocate(count)
        memcpy(ids.data, output.ids(), <size_t> count * sizeof(uint32_t))
        if window.has_window:
            check(output.starts(&column, &error), &error)
            columns.append(wrap_column(column))
            check(output.ends(&column, &error), &error)
            columns.append(wrap_column(column))
        for at in range(<size_t> len(window.accumulators)):
            check(output.column_of(at, &column, &error), &error)
            columns.append(wrap_column(column))
        check(output.times(&column, &error), &error)
        times = wrap_column(column).times_ms()
        marks = self._marks(output.marks().stops, output.marks().times)
        output.clear()
        if window.has_key:
            keys = self._key_column(ids)
            if keys is None:
                rows = self._rows_with_keys(ids, columns, window.names)
                return Batch.from_objects(rows, times).with_marks(marks)
            columns.insert(0, keys)
        return Batch.from_columns(columns, window.names, times).with_marks(marks)

    def take_watermark(self):
        return self.take_watermark_of(0)

    def take_watermark_of(self, size_t definition):
        cdef WindowOutput *output = &self._run.output(definition)
        if output.row_count() or not output.marks().times.size():
            return None
        time = output.marks().times.back()
        output.clear()
        return time

    def take_side(self):
        batch = self.take_late(0)
        self.clear_late()
        return [] if batch is None else [(self._windows[0].late_tag, batch)]

    def take_late(self, size_t definition):
        cdef Uint32Buffer rows
        cdef Marks marks
        cdef WindowOutput *output = &self._run.output(definition)
        cdef const vector[uint32_t] *late = &self._run.kernel().late_rows(<int> definition)
        if not late.size():
            return None
        if self._windows[definition].late_tag is None:
            self.late_rows_dropped += <Py_ssize_t> late.size()
            output.clear_late_marks()
            return None
        rows = Uint32Buffer.allocate(<Py_ssize_t> late.size())
        memcpy(rows.data, late.data(), late.size() * sizeof(uint32_t))
        marks = self._marks(output.late_marks().stops, output.late_marks().times)
        output.clear_late_marks()
        return self._batch.with_keys(None).take(rows).with_marks(marks)

    def clear_late(self):
        self._run.kernel().clear_late_rows()

    def release_batch(self):
        self._batch = None
        self._ids = None
        self._gaps = None
        self._columns = []
        self._keys.release_batch()

    cdef int _load_columns(self, Batch batch) except -1:
        """Get the column of each aggregate; of rows that are objects only what is read is typed."""
        cdef Column column
        cdef dict by_field = {}
        self._handles.clear()
        self._columns = []
        for aggregate, expected in zip(self._aggregates, self._expected):
            if expected is None:
                self._handles.push_back(NULL)
                continue
            place = (aggregate.reads_row, aggregate.field)
            column = by_field.get(place)
            if column is None:
                if batch.columns is None:
                    column = Column.from_objects_typed(values_of(batch, aggregate), aggregate.spec)
                else:
                    column = self._column(batch, aggregate, expected)
                by_field[place] = column
                self._columns.append(column)
            self._handles.push_back(column.handle.get())
        return 0

    cdef Column _column(self, Batch batch, object aggregate, Column expected):
        cdef Column column
        if aggregate.reads_row and batch.row_type is not None:
            column = Column.from_arrow(batch.with_keys(None))
        else:
            column = batch.column(0 if aggregate.field is None else aggregate.field)
        if type_equals(
            column.handle.get().type.get()[0], expected.handle.get().type.get()[0]
        ):
            return column
        # the same values in another layout, such as a dictionary
        cast = exact_cast(column, expected)
        if cast is not None:
            return cast
        return Column.from_objects_typed(column.to_objects(), aggregate.spec)

    cdef int _note_key_type(self, object keys) except -1:
        """Remember what type keys have in columns, to give them back as such."""
        if type(keys) is Column and (<Column> keys).handle.get().type.get().id != TypeId.kNull:
            self._key_type = (<Column> keys).handle.get().type
            self._has_key_type = True
        return 0

    cdef Column _key_column(self, Uint32Buffer ids):
        """The keys of some ids as a column, or None if they have no common type."""
        cdef Error error
        cdef Column column
        cdef Py_ssize_t row
        if self._has_key_type:
            column = self._keys.column_of_ids(ids, self._key_type)
            if column is not None:
                return column
        for row in range(ids.length):
            key = self._keys.key_object(ids.data[row])
            if key is not None:
                break
        else:
            return None
        format = FORMATS.get(type(key))
        if format is None:
            return None
        check(type_from_format(<bytes> format, &self._key_type, &error), &error)
        self._has_key_type = True
        return self._keys.column_of_ids(ids, self._key_type)

    cdef list _rows_with_keys(self, Uint32Buffer ids, list columns, tuple names):
        cdef Py_ssize_t row
        cdef Column column
        cdef list keys = []
        cdef list fields = [keys]
        for row in range(ids.length):
            keys.append(self._keys.key_object(ids.data[row]))
        for column in columns:
            fields.append(column.to_objects())
        return rows_of(fields, names, ids.length)

    cdef Marks _marks(self, const vector[int64_t] &stops, const vector[int64_t] &times):
        if not stops.size():
            return None
        return Marks(copy_int64(stops), copy_int64(times))


cdef Column exact_cast(Column column, Column wanted):
    """Numbers or texts in another width or layout, or None if that is no matter of layout only."""
    cdef TypeId id = column.handle.get().type.get().id
    cdef TypeId wanted_id = wanted.handle.get().type.get().id
    is_number = TypeId.kInt8 <= id <= TypeId.kFloat64 and wanted_id >= TypeId.kInt8 \
        and wanted_id <= TypeId.kFloat64
    is_text = column.type_name in TEXTS
    if not is_number and not (is_text and wanted_id == TypeId.kUtf8):
        return None
    if is_number and id >= TypeId.kFloat16 and wanted_id < TypeId.kFloat16:
        return None
    import pyarrow
    try:
        return Column.from_arrow(pyarrow.array(column).cast(pyarrow.array(wanted).type))
    except pyarrow.ArrowException:
        # a value that does not fit: converting one by one finds and names it
        return None


cdef list values_of(Batch batch, object aggregate):
    """What an aggregate reads of rows that are objects."""
    if aggregate.reads_row or aggregate.field is None:
        return batch.objects()
    return field_values(batch.objects(), aggregate.field)


cdef Int64Buffer copy_int64(const vector[int64_t] &values):
    cdef Int64Buffer copy = Int64Buffer.allocate(<Py_ssize_t> values.size())
    memcpy(copy.data, values.data(), values.size() * sizeof(int64_t))
    return copy
