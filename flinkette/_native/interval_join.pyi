"""Pairs of rows of two keyed streams whose times are near each other."""

from collections.abc import Callable
from typing import Any

from flinkette._native.row_kernel import RowKernel
from flinkette._native.state import KeyContext
from flinkette._native.values import Converter

class JoinContext:
    """What a ProcessJoinFunction gets as `ctx`. Valid during the call it was passed to."""

    def get_left_timestamp(self) -> int:
        """Event time of the left row in ms."""
    def get_right_timestamp(self) -> int:
        """Event time of the right row in ms."""
    def get_timestamp(self) -> int:
        """Event time of the results in ms."""

class IntervalJoin(RowKernel):
    """An interval join of one subtask, resumable at any pair and result. Slot thread only.

    Parameters
    ----------
    lower_ms, upper_ms
        How much later than the left row the right one may be, both included.
    function
        Called with a left row, a right row and the context; gives an iterable of rows or None.
    columns
        A `plan.joined_columns.JoinedColumns`: the fields it names become the results, and the
        function is not called.
    late_tags
        Side outputs for late rows of the left and of the right side; None counts and drops them.
    info, input_infos
        What errors say about the operator; about the operator and one of its inputs.
    """

    late_rows_dropped: int
    rows_skipped: int
    def __init__(
        self,
        *,
        lower_ms: int,
        upper_ms: int,
        keys: KeyContext,
        function: Callable[..., Any],
        columns: Any = None,
        converter: Converter | None = None,
        late_tags: tuple[Any, Any],
        info: Any,
        input_infos: tuple[Any, Any],
        error_action: str = "fail",
        error_tag: Any = None,
        tag_class: type,
        make_error: Callable[..., Exception],
        make_row_error: Callable[..., Any] | None,
    ) -> None: ...
    @property
    def live_rows(self) -> int:
        """Rows that are kept."""
    @property
    def live_keys(self) -> int:
        """Keys that have rows."""
    @property
    def stored_rows(self) -> int:
        """Rows that take memory: those that are kept, and others of their batches."""
    def select_input(self, index: int) -> None:
        """Say which of two inputs the rows loaded next are from: 0 is the left one."""
