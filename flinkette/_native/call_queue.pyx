"""Rows whose results are waited for, and the order results leave in. See call_queue.pyi."""

from collections import deque

import cython
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t

from flinkette._native.buffer cimport Int64Buffer
from flinkette._native.marks cimport Marks
from flinkette._native.row_output cimport (
    STATUS_DONE, STATUS_FAILED, STATUS_FULL, STATUS_MORE, RowOutput,
)


@cython.final
cdef class Segment:
    """Rows between two watermarks, in any order."""

    def __cinit__(self):
        self.done = deque()


@cython.final
cdef class InFlightRow:
    """A row that has entered and whose results have not left."""


@cython.final
cdef class Call:
    """One call for one row, or for several at once; repeated, it is still one call."""

    def __cinit__(self):
        self.attempts = 1


@cython.final
cdef class _Mark:
    """A watermark on its way through."""

    cdef int64_t time_ms


@cython.final
cdef class _Passing:
    """Anything else on its way through."""

    cdef object element


@cython.final
cdef class CallQueue:
    """A pure state machine: it is told the time and what has happened, and says what comes next."""

    def __cinit__(self, *, bint is_ordered, Py_ssize_t capacity, int64_t timeout_ns=0,
                  Py_ssize_t batch_size=1, int64_t max_delay_ns=0, double calls_per_second=0.0,
                  str error_action="fail", error_tag=None):
        if capacity < batch_size or batch_size < 1:
            raise ValueError(f"capacity {capacity} and batch size {batch_size} do not fit")
        self.is_ordered = is_ordered
        self.capacity = capacity
        self._timeout_ns = timeout_ns
        self._batch_size = batch_size
        self._max_delay_ns = max_delay_ns
        if calls_per_second > 0:
            # that many in any stretch of this length; below one a second the stretch is longer
            self._calls_at_once = max(1, <Py_ssize_t> calls_per_second)
            self._window_ns = <int64_t> (1e9 * self._calls_at_once / calls_per_second)
        self._error_action = error_action
        self._error_tag = error_tag
        self._order = deque()
        self._started = deque()
        self._starts = deque()
        self._gathered = []
        if not is_ordered:
            self._order.append(Segment())

    def load(self, list rows not None, Int64Buffer times=None, Marks marks=None):
        self._rows = rows
        self._times = times
        self._marks = marks
        self._cursor = 0
        self._mark = 0

    @property
    def has_waiting_rows(self):
        return self._rows is not None

    @property
    def is_empty(self):
        return self.size == 0 and self._rows is None and (
            not self._order or (not self.is_ordered and len(self._order) == 1)
        )

    def pass_watermark(self, int64_t time_ms):
        cdef _Mark mark = _Mark()
        mark.time_ms = time_ms
        self._put(mark)

    def pass_element(self, element, *, bint is_last=False):
        cdef _Passing passing = _Passing()
        passing.element = element
        self._is_flushing |= is_last
        self._put(passing)

    def next_call(self, int64_t now_ns):
        cdef Call call
        if self.is_failing:
            return None
        self._enter(now_ns)
        if not self._is_full_call(now_ns) or self.wait_before_call(now_ns) > 0:
            return None
        call = Call()
        call.rows = self._gathered
        call.deadline_ns = now_ns + self._timeout_ns if self._timeout_ns > 0 else INT64_MAX
        self._gathered = []
        self._running += 1
        if len(self._started) > 2 * self._running + 64:
            # calls that are over stay behind one that is not; they must not pile up
            self._started = deque([each for each in self._started if not (<Call> each).is_over])
        self._started.append(call)
        self.count_call(now_ns)
        return call

    def wait_before_call(self, int64_t now_ns):
        """Nanoseconds until another call may be made."""
        cdef int64_t earliest
        if self._calls_at_once == 0 or len(self._starts) < self._calls_at_once:
            return 0
        earliest = <int64_t> self._starts[0] + self._window_ns
        return earliest - now_ns if earliest > now_ns else 0

    def count_call(self, int64_t now_ns):
        """Note that a call, or an attempt, is made now."""
        if self._calls_at_once == 0:
            return
        if len(self._starts) == self._calls_at_once:
            self._starts.popleft()
        self._starts.append(now_ns)

    def finish(self, Call call not None, list results not None):
        cdef Py_ssize_t index
        if self._close_call(call):
            for index in range(len(call.rows)):
                self._settle(<InFlightRow> call.rows[index], results[index], None)

    def fail(self, Call call not None, failure not None):
        if self._close_call(call):
            if self._error_action == "fail":
                self.is_failing = True
            for row in call.rows:
                self._settle(<InFlightRow> row, None, failure)

    def next_expired(self, int64_t now_ns):
        cdef Call call
        while self._started:
            call = <Call> self._started[0]
            if not call.is_over:
                return call if call.deadline_ns <= now_ns else None
            self._started.popleft()
        return None

    def next_wake_up_ns(self, int64_t now_ns):
        cdef int64_t earliest = INT64_MAX
        cdef int64_t until
        self.next_expired(INT64_MIN)  # calls that are over go
        if self._started:
            earliest = (<Call> self._started[0]).deadline_ns
        if self._gathered and not self.is_failing:
            until = self._gathered_since_ns + self._max_delay_ns
            if self._is_full_call(now_ns):
                until = now_ns
            until = max(until, now_ns + <int64_t> self.wait_before_call(now_ns))
            earliest = min(earliest, until)
        return None if earliest == INT64_MAX else earliest

    def may_call(self, int64_t now_ns):
        """Whether `next_call` would give one."""
        if self.is_failing:
            return False
        self._enter(now_ns)
        return bool(self._is_full_call(now_ns)) and self.wait_before_call(now_ns) == 0

    def has_output(self):
        """Whether `collect` would move anything."""
        if not self._order:
            return False
        head = self._order[0]
        if self.is_ordered:
            return type(head) is not InFlightRow or (<InFlightRow> head).is_done
        if type(head) is not Segment:
            return True
        return bool((<Segment> head).done) or (
            (<Segment> head).pending == 0 and len(self._order) > 1
        )

    def collect(self, RowOutput output not None, Py_ssize_t max_rows, make_row_error):
        cdef Segment segment
        while self._order:
            if len(output.values) >= max_rows:
                return STATUS_FULL
            head = self._order[0]
            if type(head) is _Mark:
                output.mark((<_Mark> head).time_ms)
                self._order.popleft()
            elif type(head) is _Passing:
                return STATUS_MORE
            elif self.is_ordered:
                if not (<InFlightRow> head).is_done:
                    break
                if self._emit(<InFlightRow> head, output, make_row_error):
                    return STATUS_FAILED
                self._order.popleft()
            else:
                segment = <Segment> head
                if segment.done:
                    if self._emit(<InFlightRow> segment.done[0], output, make_row_error):
                        return STATUS_FAILED
                    segment.done.popleft()
                elif segment.pending == 0 and len(self._order) > 1:
                    self._order.popleft()
                else:
                    break
        return STATUS_DONE

    def take_element(self):
        if self._order and type(self._order[0]) is _Passing:
            return (<_Passing> self._order.popleft()).element
        return None

    def take_failure(self):
        cdef InFlightRow row
        head = self._order[0]
        row = <InFlightRow> (head if self.is_ordered else (<Segment> head).done[0])
        return row.failure

    def in_flight(self):
        cdef list rows = list(self._gathered)
        for thing in self._order:
            if type(thing) is InFlightRow:
                rows.append(thing)
            elif type(thing) is Segment:
                rows.extend((<Segment> thing).done)
        for call in self._started:
            if not (<Call> call).is_over:
                rows.extend((<Call> call).rows)
        by_number = {(<InFlightRow> row).number: row for row in rows}
        return [by_number[number] for number in sorted(by_number)]

    def abandon(self):
        """Forget everything; return the calls that were under way."""
        cdef list calls = [call for call in self._started if not (<Call> call).is_over]
        for call in calls:
            (<Call> call).is_over = True
        self._started.clear()
        self._order.clear()
        self._gathered = []
        self._rows = None
        self.size = 0
        return calls

    cdef int _enter(self, int64_t now_ns) except -1:
        """Let loaded rows and marks in: as many as there is room for, and one call can take."""
        cdef InFlightRow row
        if self._rows is None:
            return 0
        while True:
            self._pass_marks()
            if self._cursor >= len(self._rows):
                self._rows = None
                self._times = None
                self._marks = None
                return 0
            if self.size >= self.capacity or len(self._gathered) >= self._batch_size:
                return 0
            row = InFlightRow()
            row.value = self._rows[self._cursor]
            row.time_ms = INT64_MIN if self._times is None else self._times.data[self._cursor]
            row.number = self._number
            self._number += 1
            self._cursor += 1
            self.size += 1
            if self.is_ordered:
                self._order.append(row)
            else:
                row.segment = <Segment> self._order[len(self._order) - 1]
                row.segment.pending += 1
            if not self._gathered:
                self._gathered_since_ns = now_ns
            self._gathered.append(row)

    cdef int _pass_marks(self) except -1:
        if self._marks is None:
            return 0
        while self._mark < self._marks.stops.length \
                and self._marks.stops.data[self._mark] <= self._cursor:
            self.pass_watermark(self._marks.times.data[self._mark])
            self._mark += 1
        return 0

    cdef int _put(self, object thing) except -1:
        """Append what rows must not pass."""
        cdef Segment last
        if not self.is_ordered:
            last = <Segment> self._order[len(self._order) - 1]
            if last.pending == 0 and not last.done:
                # watermarks that follow each other need no segment between them
                self._order.pop()
                self._order.append(thing)
                self._order.append(last)
            else:
                self._order.append(thing)
                self._order.append(Segment())
        else:
            self._order.append(thing)
        return 0

    cdef int _is_full_call(self, int64_t now_ns) except -1:
        """Whether the rows gathered so far are to be called for now."""
        if not self._gathered:
            return 0
        if len(self._gathered) >= self._batch_size or self._is_flushing:
            return 1
        return now_ns >= self._gathered_since_ns + self._max_delay_ns

    cdef int _close_call(self, Call call) except -1:
        """Mark a call as over; 0 if it was, so that a result after a time-out is dropped."""
        if call.is_over:
            return 0
        call.is_over = True
        call.task = None
        call.coroutine = None
        self._running -= 1
        return 1

    cdef int _settle(self, InFlightRow row, object results, object failure) except -1:
        cdef Segment segment = row.segment
        row.is_done = True
        row.results = results
        row.failure = failure
        if segment is not None:
            segment.pending -= 1
            segment.done.append(row)
        return 0

    cdef int _emit(self, InFlightRow row, RowOutput output, object make_row_error) except -1:
        """Hand a row's results on; 1 if it has failed and the job with it."""
        if row.failure is None:
            for value in <list> row.results:
                output.append(value, row.time_ms)
        elif self._error_action == "fail":
            return 1
        elif self._error_action == "skip":
            self.rows_skipped += 1
        else:
            error = make_row_error(row.value, row.failure)
            output.append_side(self._error_tag, error, row.time_ms)
        self.size -= 1
        return 0
