"""A chain of Python row functions as one depth-first program over batches."""

from collections.abc import Callable
from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.broadcast import BroadcastStates
from flinkette._native.buffer import Uint32Buffer
from flinkette._native.row_context import RowContext, TimerService
from flinkette._native.row_kernel import RowKernel
from flinkette._native.state import KeyContext
from flinkette._native.values import Converter

DONE: int
MORE: int
FULL: int
FAILED: int
STAGE_KINDS: dict[str, int]

class Stage:
    """One function of a program with everything decided before the loop.

    Parameters
    ----------
    kind
        One of `STAGE_KINDS`.
    func
        What to call: `func(value)`, `func(value, ctx)` for "process", `func(value, time_ms)` for
        "timestamp", `func(before, value)` for "reduce".
    converter
        Converts what the function made to its declared type.
    needs_fix
        Whether mutable results are copied (False with `pipeline.object-reuse`).
    error_action, error_tag
        What happens to a row that raises: "fail", "skip", or "side-output" to the tag.
    on_timer
        `on_timer(time_ms, ctx)` of keyed process functions.
    info
        Passed back to `make_error`.
    make_context, make_timer_context
        Make what "process" functions and their timers are given, of keys and timers.
    """

    rows_skipped: int
    info: Any
    def __init__(
        self,
        kind: str,
        func: Callable[..., Any],
        *,
        converter: Converter | None = None,
        needs_fix: bool = True,
        error_action: str = "fail",
        error_tag: Any = None,
        on_timer: Callable[..., Any] | None = None,
        info: Any = None,
        make_context: Callable[..., RowContext] = ...,
        make_timer_context: Callable[..., RowContext] = ...,
    ) -> None: ...

class RowProgram(RowKernel):
    """Runs rows depth first through a chain of functions, resumable at any row (contracts 1, 3, 8).

    Slot thread only. The GIL is held throughout: every step calls user code.

    Parameters
    ----------
    stages
        The functions, first to last.
    heads
        With two inputs: what stands at the head for rows of the first, and of the second. The
        first of them is in `stages`, too.
    broadcast
        States that rows without a key may write.
    """

    timers: TimerService
    def __init__(
        self,
        stages: list[Stage],
        *,
        keys: KeyContext | None,
        now_ms: Callable[[], int],
        tag_class: type,
        make_error: Callable[..., Exception],
        make_row_error: Callable[..., Any],
        time_domains: tuple[Any, Any] = (None, None),
        heads: tuple[Stage, ...] = (),
        broadcast: BroadcastStates | None = None,
    ) -> None: ...
    def select_input(self, index: int) -> None:
        """Let the next batch begin at `heads[index]`. Only when nothing is at work."""

    def reduced_values(self) -> list[Any]:
        """The running result of every key, for jobs that emit only the last."""

def copy_batch(batch: Batch) -> Batch:
    """Copy mutable values of a batch for a second consumer."""

def choose_receivers(
    values: list[Any],
    partition: Callable[[Any, int], int],
    get_key: Callable[[Any], Any],
    receivers: int,
) -> Uint32Buffer:
    """Receiver of each row as the user's partitioner says."""
