"""Functions of a stream and a broadcast one: the second input writes state, the first reads it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flinkette._native.broadcast import BroadcastStates
from flinkette._native.row_context import RowContext
from flinkette.runtime.operators.connected import ConnectedOperator

if TYPE_CHECKING:
    from flinkette._native.row_context import TimerService
    from flinkette._native.rows import Stage
    from flinkette._native.state import KeyContext
    from flinkette.contracts.state import MapStateDescriptor
    from flinkette.runtime.operator import SubtaskContext

__all__ = ["BroadcastOperator"]


class BroadcastContext(RowContext):
    """What `process_broadcast_element` gets: states are given by `state_of`, by name."""

    state_of: Any
    state_names: tuple[str, ...]

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> Any:
        """Return the broadcast state of a descriptor that was given to `broadcast`."""
        name = state_descriptor.get_name()
        if name not in self.state_names:
            raise ValueError(
                f"there is no broadcast state {name!r}; broadcast() was given "
                f"{', '.join(map(repr, self.state_names))}: add the descriptor there"
            )
        return self.state_of(name)

    def current_processing_time(self) -> int:
        """Return the wall clock in ms."""
        return self.timer_service().current_processing_time()

    def current_watermark(self) -> int:
        """Return the watermark in ms."""
        return self.timer_service().current_watermark()


class BroadcastOperator(ConnectedOperator):
    """Runs a function of a stream, keyed or not, connected with a broadcast one."""

    def _make_heads(self, context: SubtaskContext) -> tuple[Stage, ...]:
        operator: Any = self.info.node.operator
        is_logging = self.info.node.row_error.action != "fail"
        self._broadcast = BroadcastStates(operator.state_names, is_logging=is_logging)
        makes_reader = partial(self._make_context, self._broadcast.read_only)
        makes_writer = partial(self._make_context, self._broadcast.writable)
        return tuple(
            self._make_head(index, context, make_context=make, make_timer_context=makes_reader)
            for index, make in enumerate((makes_reader, makes_writer))
        )

    def _make_context(
        self, state_of: Any, keys: KeyContext | None, timers: TimerService
    ) -> BroadcastContext:
        operator: Any = self.info.node.operator
        context = BroadcastContext(keys, timers)
        context.state_of = state_of
        context.state_names = operator.state_names
        return context
