"""Operators with two inputs: a row program whose head depends on the input a batch came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flinkette._native.rows import Stage
from flinkette.graph.operators import (
    BroadcastProcessDescription,
    CoFlatMapDescription,
    CoMapDescription,
    CoProcessDescription,
)
from flinkette.runtime.operators.rows import RowsOperator, converter_of

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.runtime.operator import SubtaskContext

__all__ = ["ConnectedOperator"]

METHODS_OF: dict[type, tuple[str, tuple[str, str]]] = {
    BroadcastProcessDescription: ("process", ("process_element", "process_broadcast_element")),
    CoFlatMapDescription: ("flat_map", ("flat_map1", "flat_map2")),
    CoMapDescription: ("co_map", ("map1", "map2")),
    CoProcessDescription: ("process", ("process_element1", "process_element2")),
}
"""Kind of stage, and what it calls for rows of the first and of the second input."""


class ConnectedOperator(RowsOperator):
    """Runs a function of two connected streams, and the row functions behind it.

    Both inputs share one function object, its keys, state and timers. A batch holds rows of one
    input, so the choice between the two methods is made once per batch.
    """

    def _make_heads(self, context: SubtaskContext) -> tuple[Stage, ...]:
        return tuple(self._make_head(index, context) for index in range(2))

    def _make_head(self, index: int, context: SubtaskContext, **settings: Any) -> Stage:
        operator: Any = self.info.node.operator
        policy = self.info.node.row_error
        kind, methods = METHODS_OF[type(operator)]
        return Stage(
            kind,
            getattr(operator.func, methods[index]),
            converter=converter_of(self.info.node.output_type),
            needs_fix=not context.is_object_reuse,
            error_action=policy.action,
            error_tag=policy.tag,
            on_timer=getattr(operator.func, "on_timer", None),
            info=replace(self.info, input_index=index),
            **settings,
        )

    def select_input(self, index: int) -> None:
        self._program.select_input(index)

    def start_batch(self, batch: Batch) -> Batch | None:
        if self._keys is not None and batch.keys is None:
            # the broadcast side of a keyed stream
            self._program.load(batch)
            return None
        return super().start_batch(batch)
