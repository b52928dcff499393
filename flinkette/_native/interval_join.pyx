"""Pairs of rows of two keyed streams whose times are near each other. See interval_join.pyi."""

import cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport INT64_MIN, int64_t, uint32_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch
from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_clock cimport coarse_monotonic_ns
from flinkette._native.c_interval_join cimport JoinPair, JoinRow
from flinkette._native.lent cimport retain
from flinkette._native.marks cimport Marks
from flinkette._native.row_kernel cimport RowKernel
from flinkette._native.row_output cimport (
    MODE_ROWS, RowOutput, STATUS_DONE, STATUS_FULL, STATUS_MORE,
)
from flinkette._native.state cimport KeyContext
from flinkette._native.status cimport check
from flinkette._native.values cimport Converter, fix

from flinkette._native.batch import TupleNames
from flinkette._native.window import MissingTimestamp

# Keys that one look at the watermark's work lasts for, and pairs that are made at a time.
cdef int64_t KEYS_AT_A_TIME = 4096
cdef int64_t PAIRS_AT_A_TIME = 1024


cdef extern from "Python.h":
    PyObject *PyIter_Next(object iterator) except? NULL


@cython.final
cdef class JoinContext:
    """What a ProcessJoinFunction gets as `ctx`."""

    def get_left_timestamp(self):
        return self._left_ms

    def get_right_timestamp(self):
        return self._right_ms

    def get_timestamp(self):
        return self._time


@cython.final
cdef class IntervalJoin(RowKernel):
    """An interval join of one subtask, resumable at any pair and result. Slot thread only."""

    def __cinit__(
        self, *, int64_t lower_ms, int64_t upper_ms, KeyContext keys not None, function not None,
        columns=None,
        Converter converter=None, tuple late_tags not None, info, tuple input_infos not None,
        str error_action="fail", error_tag=None, tag_class, make_error, make_row_error,
    ):
        cdef Error error
        self._keys = keys
        check(self._join.open(lower_ms, upper_ms, &keys.key_map.native, &error), &error)
        self._function = function
        self._columns = columns
        self._converter = converter
        self._late_tags = late_tags
        self._info = info
        self._infos = input_infos
        self._error_action = error_action
        self._error_tag = error_tag
        self._tag_class = tag_class
        self._make_error = make_error
        self._make_row_error = make_row_error
        self._context = JoinContext()
        self._output = RowOutput()
        self._stored = []

    @property
    def live_rows(self):
        return self._join.batches().live_rows()

    @property
    def live_keys(self):
        return self._join.live_keys()

    @property
    def stored_rows(self):
        return sum([len(rows) for rows in self._stored if rows is not None])

    def select_input(self, uint32_t index):
        self._input.side = index

    def load(self, Batch batch not None, Uint32Buffer ids=None):
        cdef uint32_t number = 0
        if ids is None:
            raise ValueError("an interval join needs keys")
        if self._columns is None:
            RowKernel.load(self, batch, ids)
            rows = self._rows
        else:
            rows = self._load_columns(batch, ids)
        self._batch = batch
        check(self._join.batches().open(batch.num_rows, &number), NULL)
        if number == <uint32_t> len(self._stored):
            self._stored.append(None)
        self._stored[number] = rows
        self._input.batch = number
        self._input.ids = ids.data
        if self._times is None:
            self._times = Int64Buffer.allocate(batch.num_rows)
            for row in range(batch.num_rows):
                self._times.data[row] = INT64_MIN
        self._input.times_ms = self._times.data

    def _load_columns(self, Batch batch, Uint32Buffer ids):
        """Note a batch to work on without looking at its rows; give the columns to keep."""
        cdef Batch kept = batch
        self._times = batch.times
        self._ids = ids
        self._keys.rows_loaded(ids.length)
        self._id_data = ids.data
        self._cursor = 0
        self._marks = batch.marks
        self._mark = 0
        self._mode = MODE_ROWS
        side = self._columns.sides[self._input.side]
        if kept.columns is None:
            kept = kept.typed(side.spec)
        return retain(Batch.from_columns(
            [kept.columns[field] for field in side.fields],
            TupleNames([f"f{at}" for at in range(len(side.fields))]),
        ))

    def take(self):
        cdef Batch left, right
        if self._columns is None or self._output.times.size() == 0:
            return RowKernel.take(self)
        left, right = self._gather(0), self._gather(1)
        columns = left.columns + right.columns
        names = self._columns.names
        if names is None:
            names = TupleNames([f"f{at}" for at in range(len(columns))])
        self._join.clear_pairs()
        self._drop_dead()
        return self._output.stamp(Batch.from_columns(columns, names))

    cdef Batch _gather(self, int side):
        """The kept columns of one side of all pairs, in their order."""
        cdef const JoinPair *pairs = self._join.pairs().data()
        cdef int64_t count = <int64_t> self._join.pairs().size()
        cdef const JoinRow *rows = &pairs.left if side == 0 else &pairs.right
        cdef Uint32Buffer indices
        cdef Py_ssize_t at, first, length
        cdef list parts = []
        cdef Batch gathered
        check(self._grouped.group(self._join.batches(), rows, count, sizeof(JoinPair)), NULL)
        for at in range(<Py_ssize_t> self._grouped.batches.size()):
            first = self._grouped.starts[at]
            length = self._grouped.starts[at + 1] - first
            indices = Uint32Buffer.allocate(length)
            memcpy(indices.data, self._grouped.positions.data() + first, 4 * length)
            parts.append((<Batch> self._stored[self._grouped.batches[at]]).take(indices))
        gathered = Batch.concat(parts)
        if gathered.columns is None:
            gathered = gathered.typed(self._columns.sides[side].kept_spec)
        if len(parts) == 1:
            return gathered
        indices = Uint32Buffer.allocate(count)
        memcpy(indices.data, self._grouped.order.data(), 4 * count)
        return gathered.take(indices)

    cdef int _run(self, int64_t deadline_ns, Py_ssize_t max_rows) except -1:
        self._max_pairs = PAIRS_AT_A_TIME if self._columns is None else max_rows
        while True:
            if self._iterator is not None:
                self._pull()
            elif self._next_pair < self._join.pairs().size():
                self._call_function()
            elif not self._advance():
                return STATUS_DONE
            if <Py_ssize_t> self._output.times.size() >= max_rows:
                return STATUS_FULL
            if coarse_monotonic_ns() > deadline_ns:
                return STATUS_MORE

    cdef int _pull(self) except -1:
        """Take the next row of the pair at work."""
        cdef PyObject *item = PyIter_Next(self._iterator)
        if item is NULL:
            self._iterator = None
            return 0
        value = <object> item
        Py_DECREF(value)
        if type(value) is tuple and len(<tuple> value) == 2 \
                and isinstance((<tuple> value)[0], self._tag_class):
            self._output.yield_side((<tuple> value)[0], (<tuple> value)[1], self._time)
            return 0
        value = fix(value) if self._converter is None else self._converter.convert(value)
        self._output.append(value, self._time)
        return 0

    cdef int _call_function(self) except -1:
        """Open the next pair's iterator; all that follows belongs to this pair."""
        cdef JoinPair pair = self._join.pairs()[self._next_pair]
        cdef list lefts = self._stored[pair.left.batch]
        cdef list rights = self._stored[pair.right.batch]
        self._next_pair += 1
        self._pair = (
            lefts[self._join.batches().position(pair.left)],
            rights[self._join.batches().position(pair.right)],
        )
        self._time = max(pair.left_ms, pair.right_ms)
        self._context._left_ms = pair.left_ms
        self._context._right_ms = pair.right_ms
        self._context._time = self._time
        self._keys.set_current(self._id_data[pair.row])
        results = self._function(self._pair[0], self._pair[1], self._context)
        if results is not None:
            self._iterator = iter(results)
        return 0

    cdef int _advance(self) except -1:
        """Make the next pairs; 0 when the batch, or the watermark's work, is done."""
        cdef Marks marks = self._marks
        cdef int64_t end, row
        cdef Status status
        if self._columns is None:
            self._pair = None
            self._next_pair = 0
            self._join.clear_pairs()
        if self._mode != MODE_ROWS:
            return self._next_timer(True)
        if marks is not None and self._pass_marks():
            return 1
        if self._batch is None or self._cursor >= self._batch.num_rows:
            return 0
        end = self._batch.num_rows
        if marks is not None and self._mark < marks.stops.length:
            end = min(end, marks.stops.data[self._mark])
        row = self._cursor
        status = self._join.add(self._input, &row, end, self._max_pairs)
        self._cursor = row
        self._take_late()
        if self._columns is not None:
            self._note_pairs()
        if status == Status.kInvalid:
            # the rows before it come first; then it is met again
            if self._columns is not None or self._join.pairs().empty():
                self._row = self._batch.objects()[row]
                raise MissingTimestamp()
        elif status != Status.kFull:
            check(status, NULL)
        return 1

    cdef int _note_pairs(self) except -1:
        """Pairs of columns stay until they are taken; their times say how many there are."""
        cdef const vector[JoinPair] *pairs = &self._join.pairs()
        cdef size_t at
        for at in range(self._output.times.size(), pairs.size()):
            self._output.times.push_back(max(pairs[0][at].left_ms, pairs[0][at].right_ms))
            self._output.has_times = True
        self._next_pair = pairs.size()
        return 0

    cdef int _take_late(self) except -1:
        """Send rows behind the watermark to their side output, or count them."""
        cdef object tag = self._late_tags[self._input.side]
        cdef uint32_t row
        cdef size_t at
        if self._join.late().empty():
            return 0
        if tag is None:
            self.late_rows_dropped += self._join.late().size()
        else:
            for at in range(self._join.late().size()):
                row = self._join.late()[at]
                self._output.append_side(tag, self._batch.objects()[row], self._times.data[row])
        self._join.clear_late()
        return 0

    cdef int _see_watermark(self, int64_t time) noexcept:
        self._firing = time
        return 0

    cdef int _next_timer(self, bint is_event_time) except -1:
        """Let go of rows that can meet nobody any more; 0 when all of them are gone."""
        cdef Status status
        if not is_event_time:
            return 0
        status = self._join.advance(self._firing, KEYS_AT_A_TIME)
        if status == Status.kFull:
            return 1
        check(status, NULL)
        self._drop_dead()
        return 0

    cdef int _end_input(self) except -1:
        if self._batch is not None:
            self._batch = None
            self._join.batches().close(self._input.batch)
            self._drop_dead()
        return 0

    cdef int _drop_dead(self) except -1:
        """Keep only rows that live; no pairs are waiting."""
        cdef vector[uint32_t] positions
        cdef uint32_t number
        cdef size_t at
        cdef Status status
        if not self._join.pairs().empty() and self._columns is not None:
            return 0
        while not self._join.batches().sparse().empty():
            number = self._join.batches().sparse().back()
            status = self._join.batches().compact(&positions)
            if status == Status.kEmpty:
                continue
            check(status, NULL)
            self._stored[number] = self._some(self._stored[number], positions)
        if not self._join.batches().dead().empty():
            for at in range(self._join.batches().dead().size()):
                self._stored[self._join.batches().dead()[at]] = None
            self._join.batches().forget_dead()
        return 0

    def _some(self, stored, list positions):
        """Some of the rows that are kept of a batch."""
        if type(stored) is Batch:
            return (<Batch> stored).take(Uint32Buffer.of(positions))
        return [stored[position] for position in positions]

    cdef int _handle_error(self, BaseException error) except -1:
        """Apply the operator's policy; 1 when the job must fail (after what was made so far)."""
        is_untimed = isinstance(error, MissingTimestamp)
        what = self._row if is_untimed else self._pair
        info = self._infos[self._input.side] if is_untimed else self._info
        key = None if is_untimed else self._keys.current_key()
        failure = self._make_error(info, error, what, key, None if is_untimed else self._time)
        self._iterator = None
        if self._error_action == "fail" or is_untimed:
            self._next_pair = self._join.pairs().size()
            self._batch = None
            self._marks = None
            self._failure = failure
            return 1
        self.rows_skipped += 1
        if self._error_action == "side-output":
            failed = self._make_row_error(what, failure)
            self._output.append_side(self._error_tag, failed, self._time)
        return 0
