"""Makes the calls that a CallQueue says, as tasks of an event loop. See async_calls.pyi."""

import cython
from libc.stdint cimport INT64_MIN, int64_t

from flinkette._native.c_clock cimport coarse_monotonic_ns
from flinkette._native.call_queue cimport Call, CallQueue, InFlightRow
from flinkette._native.row_output cimport RowOutput
from flinkette._native.values cimport Converter, fix, is_plain

cdef enum Kind:
    INVOKE = 0
    MAP = 1
    FLAT_MAP = 2
    FILTER = 3
    BATCH = 4
    GENERATE = 5

CALL_KINDS = {
    "invoke": INVOKE, "map": MAP, "flat_map": FLAT_MAP, "filter": FILTER, "batch": BATCH,
    "generate": GENERATE,
}


@cython.final
cdef class AsyncCalls:
    """Between the queue, which decides, and an event loop, whose tasks run the user's function."""

    cdef CallQueue _queue
    cdef RowOutput _output
    cdef int _kind
    cdef object _func
    cdef object _now_ns
    cdef object _make_task
    cdef object _sleep
    cdef tuple _caught
    cdef object _time_out
    cdef object _make_error
    cdef object _make_row_error
    cdef object _retry
    cdef object _result_predicate
    cdef object _exception_predicate
    cdef Converter _converter
    cdef bint _needs_fix

    def __cinit__(self, CallQueue queue not None, str kind not None, func, *, now_ns, make_task,
                  sleep, type cancelled_error, time_out, make_error, make_row_error, retry=None,
                  Converter converter=None, bint needs_fix=True):
        self._queue = queue
        self._kind = CALL_KINDS[kind]
        self._func = func
        self._now_ns = now_ns
        self._make_task = make_task
        self._sleep = sleep
        self._caught = (Exception, cancelled_error)
        self._time_out = time_out
        self._make_error = make_error
        self._make_row_error = make_row_error
        self._converter = converter
        self._needs_fix = needs_fix
        self._output = RowOutput()
        if retry is not None:
            predicate = retry.get_retry_predicate()
            self._result_predicate = predicate.result_predicate()
            self._exception_predicate = predicate.exception_predicate()
            if self._result_predicate is not None or self._exception_predicate is not None:
                self._retry = retry

    def start(self, int64_t deadline_ns):
        cdef Call call
        cdef int64_t now_ns = self._now_ns()
        cdef Py_ssize_t started = 0
        while coarse_monotonic_ns() <= deadline_ns:
            call = self._queue.next_call(now_ns)
            if call is None:
                break
            call.task = self._make_task(self._attempts(call))
            started += 1
        return started

    def expire(self):
        cdef Call call
        cdef int64_t now_ns = self._now_ns()
        cdef Py_ssize_t expired = 0
        while (call := self._queue.next_expired(now_ns)) is not None:
            task = call.task
            try:
                results = self._results_of(call, self._time_out(call), INVOKE)
            except Exception as error:
                self._queue.fail(call, self._explained(call, error))
            else:
                self._queue.finish(call, results)
            if task is not None:
                task.cancel()
            expired += 1
        return expired

    def collect(self, Py_ssize_t max_rows):
        return self._queue.collect(self._output, max_rows, self._make_row_error)

    def take(self):
        return self._output.take()

    def take_side(self):
        return self._output.take_side()

    def take_watermark(self):
        return self._output.take_watermark()

    async def _attempts(self, Call call):
        """Call until the result is to be kept or no attempt is left."""
        cdef int64_t now_ns, wait_ns
        while True:
            failure = None
            result = None
            try:
                made = self._func(self._argument(call))
                call.coroutine = made
                if self._kind == GENERATE:
                    result = []
                    async for each in made:
                        result.append(each)
                else:
                    result = await made
            except BaseException as error:
                # what user code was cancelled by itself ends its row; our own cancelling ends this,
                # also where user code makes another error of it, for which nobody waits
                if call.is_over and isinstance(error, Exception):
                    return
                if call.is_over or not isinstance(error, self._caught):
                    raise
                failure = error
            if call.is_over:
                return
            wait_s = -1.0
            if self._retry is not None:
                try:
                    wait_s = self._wait_before_next(call, result, failure)
                except Exception as error:
                    failure = error
            if wait_s < 0:
                self._end(call, result, failure)
                return
            call.coroutine = None
            if wait_s > 0:
                await self._sleep(wait_s)
            if call.is_over:
                return
            # its start is reserved at once: rows that come meanwhile would take every free one
            now_ns = self._now_ns()
            wait_ns = self._queue.wait_before_call(now_ns)
            self._queue.count_call(now_ns + wait_ns)
            if wait_ns > 0:
                await self._sleep(wait_ns / 1e9)
            if call.is_over:
                return
            call.attempts += 1

    cdef object _argument(self, Call call):
        if self._kind == BATCH:
            return [(<InFlightRow> row).value for row in call.rows]
        return (<InFlightRow> call.rows[0]).value

    cdef double _wait_before_next(self, Call call, object result, object failure) except? -2.0:
        """Seconds until the next attempt; negative if there is none."""
        if failure is None and result is None and self._kind == INVOKE:
            # no result at all, which is an error that another attempt would only repeat
            return -1.0
        if failure is None:
            wanted = self._result_predicate is not None and self._result_predicate(result)
        else:
            wanted = self._exception_predicate is not None and self._exception_predicate(failure)
        if not wanted or not self._retry.can_retry(call.attempts):
            return -1.0
        return max(0, self._retry.get_backoff_time_millis(call.attempts)) / 1000.0

    cdef int _end(self, Call call, object result, object failure) except -1:
        cdef list results = None
        if failure is None:
            try:
                results = self._results_of(call, result, self._kind)
            except Exception as error:
                failure = error
        if failure is None:
            self._queue.finish(call, results)
        else:
            self._queue.fail(call, self._explained(call, failure))
        return 0

    cdef object _explained(self, Call call, object error):
        cdef int64_t time_ms = (<InFlightRow> call.rows[0]).time_ms
        time = None if time_ms == INT64_MIN or self._kind == BATCH else time_ms
        return self._make_error(error, self._argument(call), time)

    cdef list _results_of(self, Call call, object result, int kind):
        """Results for each row of a call."""
        cdef Py_ssize_t index
        cdef list values
        if kind == MAP:
            return [[self._safe(result)]]
        if kind == FILTER:
            return [[(<InFlightRow> call.rows[0]).value] if result else []]
        if kind == BATCH:
            values = list(result)
            if len(values) != len(call.rows):
                raise ValueError(
                    f"the function returned {len(values)} results for {len(call.rows)} rows; it "
                    "must return one for each, in the same order"
                )
            return [[self._safe(value)] for value in values]
        if result is None:
            if kind == INVOKE:
                raise TypeError("the result is None; return a list, an empty one for no results")
            return [[]]
        try:
            values = list(result)
        except TypeError:
            raise TypeError(
                f"the result is of type {type(result).__name__}, not a list; return [result] for "
                "one result"
            ) from None
        for index in range(len(values)):
            values[index] = self._safe(values[index])
        return [values]

    cdef object _safe(self, object value):
        """The value in its declared type, or out of reach of the code that made it."""
        if self._converter is not None:
            return self._converter.convert(value)
        if self._needs_fix and not is_plain(value):
            return fix(value)
        return value
