"""In front of keyed functions in BATCH mode: rows are kept to the end, then come key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.key_order import key_order, runs_of_inputs
from flinkette._native.lent import retain
from flinkette.exchange.element import MAX_WATERMARK_MS, EndOfInput, InputBatch, Watermark
from flinkette.graph.operators import (
    BroadcastProcessDescription,
    ReduceDescription,
    WindowDescription,
)
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.keyed import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flinkette.exchange.element import Arrival, Element
    from flinkette.graph.operators import OperatorDescription
    from flinkette.runtime.operator import SubtaskContext

__all__ = ["BatchInput", "batch_input_of"]

BROADCAST_INPUT = 1


def batch_input_of(operator: Operator) -> BatchInput | None:
    """Make what keeps the rows of an operator that must see one key at a time, or a rule first."""
    description = operator.info.node.operator
    is_broadcast = isinstance(description, BroadcastProcessDescription)
    if is_broadcast or _sees_one_key_at_a_time(operator, description):
        return BatchInput(operator, description)
    return None


def _sees_one_key_at_a_time(operator: Operator, description: OperatorDescription) -> bool:
    """Tell whether user code runs per key.

    Built-in aggregates take rows as they arrive: most do not mind the order. Which rows a count
    window takes, and what is `First` or `Last`, follow from that order.
    """
    if isinstance(description, WindowDescription):
        from flinkette.runtime.operators.window import WindowOperator

        return isinstance(operator, WindowOperator)
    return isinstance(description, ReduceDescription) or bool(
        getattr(description, "is_keyed", False)
    )


class BatchInput(Operator):
    """Keeps rows until the input ends; then hands them on by key and time.

    Rows of two keyed inputs are put in one order; those of a broadcast input go on at once, so that
    the other side finds all of them in its state. All rows of the subtask are held in memory.
    """

    def __init__(self, operator: Operator, description: OperatorDescription) -> None:
        super().__init__(operator.info)
        # windows have one input or, for joins, two: the description does not tell
        self._is_connected = any(edge.input_index > 0 for edge in operator.info.node.inputs)
        self._has_broadcast = isinstance(description, BroadcastProcessDescription)
        self._is_all = bool(getattr(description, "is_all", False))
        self._is_sorted = self._is_all or _sees_one_key_at_a_time(operator, description)
        self._kept: tuple[list[Batch], list[Batch]] = ([], [])
        self._pieces: Iterator[Any] = iter(())

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._context = context

    def offer(self, element: Arrival) -> Batch | None:
        if isinstance(element, InputBatch):
            if self._has_broadcast and element.input_index == BROADCAST_INPUT:
                self._hand_on(element)
            else:
                self._kept[element.input_index].append(retain(element.batch))
        elif isinstance(element, Batch):
            self._kept[0].append(retain(element))
        elif isinstance(element, EndOfInput) or (
            isinstance(element, Watermark) and element.time_ms == MAX_WATERMARK_MS
        ):
            self._begin_to_hand_on(element)
        elif not isinstance(element, Watermark):
            self.emit(element)
        return None

    def step(self, deadline_ns: int) -> None:
        """Hand on the next piece; the first one waits for the sorting."""
        piece = next(self._pieces, None)
        if piece is None:
            self.finish_work()
        else:
            self._hand_on(piece)

    def _begin_to_hand_on(self, end: Element) -> None:
        if not any(self._kept):
            self.emit(end)
            return
        self._after = end
        self._pieces = self._ordered() if self._is_sorted else self._as_they_came()
        self.is_busy = True

    def _hand_on(self, piece: Any) -> None:
        # the operator behind says what it needs of it; an InputBatch is for that one alone
        self.outbox.append((None, piece))

    def _as_they_came(self) -> Iterator[Any]:
        kept, self._kept = self._kept, ([], [])
        yield from (InputBatch(batch, 0) for batch in kept[0])

    def _ordered(self) -> Iterator[Any]:
        kept, self._kept = self._kept, ([], [])
        first_rows = sum(batch.num_rows for batch in kept[0])
        rows = Batch.concat([*kept[0], *kept[1]])
        kept[0].clear()
        kept[1].clear()
        keys = Keys(self._context)
        ids = keys.ids_of_one_key(rows.num_rows) if self._is_all else keys.ids(rows)
        order = key_order(rows, ids)
        rows = rows.take(order)
        if not self._is_connected:
            for start in range(0, rows.num_rows, self._max_rows):
                yield rows.slice(start, min(rows.num_rows, start + self._max_rows))
            return
        for start, stop, input_index in runs_of_inputs(order, first_rows, self._max_rows):
            yield InputBatch(rows.slice(start, stop), input_index)
