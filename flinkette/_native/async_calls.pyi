"""Makes the calls that a CallQueue says, as tasks of an event loop.

The queue decides; here the user's function is called, awaited, called again after a failed attempt,
and given up when its time is over. Slot thread only; coroutines run while the event loop is
stepped.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.call_queue import Call, CallQueue
from flinkette._native.values import Converter

__all__ = ["CALL_KINDS", "AsyncCalls"]

CALL_KINDS: dict[str, int]

class AsyncCalls:
    """Between the queue, which decides, and an event loop, whose tasks run the user's function.

    Parameters
    ----------
    queue
        Says which call is next.
    kind
        One of `CALL_KINDS`: what the function takes and returns. "invoke": a row, a list; "map": a
        row, one result; "flat_map": a row, an iterable or None; "filter": a row, whether to keep
        it; "batch": a list of rows, a list of as many results; "generate": a row, and it yields.
    func
        The user's function; what it returns is awaited.
    now_ns
        The monotonic clock.
    make_task
        Lets a coroutine run in the event loop.
    sleep
        `sleep(seconds)` of the event loop.
    cancelled_error
        What a cancelled task raises.
    time_out
        `time_out(call)` returns the results of a call that took too long, or raises.
    make_error
        `make_error(error, value, time_ms)` explains what the function raised.
    make_row_error
        `make_row_error(value, failure)` makes the row of a side output.
    retry
        The strategy, if calls are to be repeated.
    converter, needs_fix
        What is done to each result; see `flinkette._native.rows.Stage`.
    """

    def __init__(
        self,
        queue: CallQueue,
        kind: str,
        func: Callable[[Any], Any],
        *,
        now_ns: Callable[[], int],
        make_task: Callable[[Coroutine[Any, Any, None]], Any],
        sleep: Callable[[float], Any],
        cancelled_error: type[BaseException],
        time_out: Callable[[Call], Any],
        make_error: Callable[[BaseException, Any, int | None], Exception],
        make_row_error: Callable[[Any, Exception], Any],
        retry: Any = None,
        converter: Converter | None = None,
        needs_fix: bool = True,
    ) -> None: ...
    def start(self, deadline_ns: int) -> int:
        """Begin the calls that may begin; return how many."""

    def expire(self) -> int:
        """End the calls whose time is over; return how many."""

    def collect(self, max_rows: int) -> int:
        """Gather what may leave; see `CallQueue.collect`."""

    def take(self) -> Batch | None:
        """Rows gathered so far."""

    def take_side(self) -> list[tuple[Any, Batch]]:
        """Side output rows gathered so far."""

    def take_watermark(self) -> int | None:
        """Watermark that no row can carry."""
