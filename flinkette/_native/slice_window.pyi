"""Windows of built-in aggregates over columns: kernels of flk/window_kernel.h as an operator."""

from collections.abc import Sequence
from typing import Any, Protocol

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.keys import KeyMap

class NativeAggregate(Protocol):
    """What an accumulator is made from; aggregates of one field share its column."""

    @property
    def kind(self) -> int: ...
    @property
    def field(self) -> int | str | None: ...
    @property
    def spec(self) -> tuple[Any, ...] | None: ...
    @property
    def option(self) -> int: ...
    @property
    def parameter(self) -> float: ...
    @property
    def reads_row(self) -> bool: ...

class NativeWindow(Protocol):
    """A window definition and what its result rows look like."""

    @property
    def shape(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def slide(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def lateness(self) -> int: ...
    @property
    def accumulators(self) -> tuple[int, ...]: ...
    @property
    def names(self) -> tuple[str, ...] | None: ...
    @property
    def has_key(self) -> bool: ...
    @property
    def has_window(self) -> bool: ...
    @property
    def late_tag(self) -> Any: ...

def refusal(aggregate: NativeAggregate) -> str | None:
    """Say why there is no accumulator for an aggregate; None if there is one."""

class AggregateWindows:
    """Windows of one subtask, driven by batches and watermarks. Slot thread only.

    Parameters
    ----------
    keys
        The subtask's keys; ids of rows are its ids.
    aggregates
        What the states are made of.
    windows
        Definitions over the same rows; each has results and late rows of its own.
    key_spec
        Declared type of the keys, if there is one.
    is_event_time
        Whether rows need times and results get those of their windows.
    make_failure
        Called with (exception, batch or None, row or -1); makes the exception to raise.
    make_result_failure
        The same, called with (exception, definition, key, start, end) of a window's result.
    """

    late_rows_dropped: int
    """Rows that came after their windows were gone and had no side output to go to."""
    def __init__(
        self,
        *,
        keys: KeyMap,
        aggregates: Sequence[NativeAggregate],
        windows: Sequence[NativeWindow],
        key_spec: tuple[Any, ...] | None = None,
        is_event_time: bool = True,
        make_failure: Any,
        make_result_failure: Any,
    ) -> None: ...
    @property
    def live_states(self) -> int:
        """States of keys held now."""

    @property
    def memory_bytes(self) -> int:
        """Memory reserved for states."""

    def load(
        self, batch: Batch, ids: Uint32Buffer | None = None, gaps: Int64Buffer | None = None
    ) -> None:
        """Take a batch to work on with the key ids, and the session gaps, of its rows.

        Without ids the rows belong to the batch's keys.
        """

    def load_event_timers(self, watermark: int) -> None:
        """Go on with what a watermark makes due."""

    def run(self, deadline_ns: int, max_rows: int) -> int:
        """Work until done (0), the deadline (1), a full output (2) or a failure to come (3)."""

    def take(self) -> Batch | None:
        """Results of the first definition made so far."""

    def take_results(self, definition: int) -> Batch | None:
        """Results of a definition made so far."""

    def take_watermark(self) -> int | None:
        """Watermark passed after the last result of the first definition; call after `take`."""

    def take_watermark_of(self, definition: int) -> int | None:
        """Watermark passed after the last result of a definition; call after `take_results`."""

    def take_side(self) -> list[tuple[Any, Batch]]:
        """(tag, late rows) of the first definition, if there are any."""

    def take_late(self, definition: int) -> Batch | None:
        """Late rows of a definition for its side output; `clear_late` after all were taken."""

    def clear_late(self) -> None:
        """Forget the late rows of all definitions."""

    def release_batch(self) -> None:
        """Let go of the last batch, and of the ids of its keys that nothing refers to."""
