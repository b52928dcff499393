"""Rows whose results are waited for, and the order results leave in.

A queue knows no clock, no event loop and no functions: it is told what time it is and what became
of a call, and says which call is next, which took too long, and what may leave.

ordered     a | b | W1 | c            rows and watermarks leave as they came
unordered   { a b } W1 { c }          rows of a segment leave as they are done; none passes a
                                      watermark
"""

from typing import Any

from flinkette._native.buffer import Int64Buffer
from flinkette._native.marks import Marks

__all__ = ["Call", "CallQueue", "InFlightRow"]

class Segment:
    """Rows between two watermarks of an unordered queue."""

class InFlightRow:
    """A row that has entered and whose results have not left.

    Attributes
    ----------
    value
        The row.
    time_ms
        Its event time; the smallest int64 is "no timestamp".
    results, failure
        What became of it once `is_done`: a list, or the error.
    """

    value: Any
    time_ms: int
    results: list[Any] | None
    failure: Exception | None
    is_done: bool

class Call:
    """One call for one row, or for several at once; repeated, it is still one call.

    `task` and `coroutine` are the caller's to keep what runs it; the queue drops them at the end.
    """

    rows: list[InFlightRow]
    attempts: int
    deadline_ns: int
    is_over: bool
    task: Any
    coroutine: Any

class CallQueue:
    """A pure state machine. Slot thread only.

    Parameters
    ----------
    is_ordered
        Whether results leave in the order of their rows.
    capacity
        How many rows may be in flight, those with results that have not left included.
    timeout_ns
        How long a call may take, attempts included; 0: for ever.
    batch_size, max_delay_ns
        Rows for one call, and how long the first of them waits for the others.
    calls_per_second
        How many calls may begin within any second; 0: any number.
    error_action, error_tag
        What a failed row does: "fail", "skip", or "side-output" to the tag.
    """

    is_ordered: bool
    capacity: int
    size: int
    """Rows in flight."""
    is_failing: bool
    """A row has failed and the job will: no call is begun any more."""
    rows_skipped: int
    def __init__(
        self,
        *,
        is_ordered: bool,
        capacity: int,
        timeout_ns: int = 0,
        batch_size: int = 1,
        max_delay_ns: int = 0,
        calls_per_second: float = 0.0,
        error_action: str = "fail",
        error_tag: Any = None,
    ) -> None: ...
    @property
    def has_waiting_rows(self) -> bool:
        """Whether loaded rows have not entered yet."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left, neither rows nor watermarks nor elements."""

    def load(
        self, rows: list[Any], times: Int64Buffer | None = None, marks: Marks | None = None
    ) -> None:
        """Let rows wait for room; only when none does."""

    def pass_watermark(self, time_ms: int) -> None:
        """Let a watermark follow the rows that came before; only when no row waits for room."""

    def pass_element(self, element: Any, *, is_last: bool = False) -> None:
        """Let anything else follow them. After the last one calls wait for no more rows."""

    def next_call(self, now_ns: int) -> Call | None:
        """Begin the next call; None if there is none to be made now."""

    def may_call(self, now_ns: int) -> bool:
        """Whether `next_call` would give one."""

    def wait_before_call(self, now_ns: int) -> int:
        """Nanoseconds until the rate lets another call or attempt begin."""

    def count_call(self, now_ns: int) -> None:
        """Note that another attempt begins."""

    def finish(self, call: Call, results: list[list[Any]]) -> None:
        """Take the results of a call, a list for each row; dropped if the call is over."""

    def fail(self, call: Call, failure: Exception) -> None:
        """Take note that a call has failed; dropped if the call is over."""

    def next_expired(self, now_ns: int) -> Call | None:
        """Return a call whose time is up; `finish` or `fail` it."""

    def next_wake_up_ns(self, now_ns: int) -> int | None:
        """When to look again if nothing happens before."""

    def has_output(self) -> bool:
        """Whether `collect` would move anything, or stops at an element or a failure."""

    def collect(self, output: Any, max_rows: int, make_row_error: Any) -> int:
        """Move what may leave into a RowOutput.

        Returns done (0), an element is next (1), `max_rows` are there (2), a failure is next (3).
        """

    def take_element(self) -> Any:
        """Take the element that is next; None if it is not an element."""

    def take_failure(self) -> Exception:
        """Return the failure that is next."""

    def in_flight(self) -> list[InFlightRow]:
        """Rows whose results have not left, in the order they came: the operator's state."""

    def abandon(self) -> list[Call]:
        """Forget everything; return the calls that were under way."""
