"""Several outputs of one operator: each of its transformations keeps its own consumers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette.contracts.output_tag import OutputTag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flinkette.exchange.element import Element
    from flinkette.runtime.subtask import Output

__all__ = ["Port", "PortedOutput"]


@dataclass(frozen=True)
class Port:
    """In an operator's outbox: which transformation's output, and which of its side outputs."""

    index: int
    tag: OutputTag | None = None


class PortedOutput:
    """Where the rows of an operator of several transformations leave the subtask.

    Elements of a `Port` go where they would if its transformation ran alone; all others, such as
    the end of the input, go to every port.

    Parameters
    ----------
    outputs : sequence of Output
        By port index.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        self._waiting: list[Output] = []
        self.has_writers = any(output.has_writers for output in outputs)
        self.carries_time = any(output.carries_time for output in outputs)
        self.gathers = any(output.gathers for output in outputs)

    @property
    def num_pending(self) -> int:
        """Elements that wait for room."""
        return sum(output.num_pending for output in self._waiting)

    def flush(self) -> bool:
        """Hand on what is pending; False when a receiver has no room."""
        if self._waiting:
            self._waiting = [output for output in self._waiting if not output.flush()]
        return not self._waiting

    def emit(
        self, port: Port | OutputTag | None, element: Element, copy: Callable[[Batch], Batch]
    ) -> None:
        """Send an element of a port, or an element to all ports."""
        if isinstance(port, Port):
            self._emit(self._outputs[port.index], port.tag, element, copy)
            return
        for output in self._outputs:
            self._emit(output, None, element, copy)

    def _emit(
        self,
        output: Output,
        tag: OutputTag | None,
        element: Element,
        copy: Callable[[Batch], Batch],
    ) -> None:
        output.emit(tag, element, copy)
        self._note(output)

    def _note(self, output: Output) -> None:
        """Remember an output that waits for room."""
        if output.num_pending and output not in self._waiting:
            self._waiting.append(output)

    def release(self, *, is_idle: bool) -> bool:
        """Hand on rows that waited for others long enough; tell whether there were any."""
        has_moved = False
        for output in self._outputs:
            has_moved |= output.release(is_idle=is_idle)
            self._note(output)
        return has_moved

    def release_all(self) -> bool:
        """Hand on all rows that wait for others; tell whether there were any."""
        has_moved = False
        for output in self._outputs:
            has_moved |= output.release_all()
            self._note(output)
        return has_moved

    def next_release_ns(self) -> int | None:
        """Return the monotonic time at which `release` has something to do if nothing comes."""
        times = [output.next_release_ns() for output in self._outputs]
        return min((time for time in times if time is not None), default=None)

    def announce(self, batch: Batch) -> None:
        """Tell the readers of side outputs how far a batch's marks have come."""
        for output in self._outputs:
            output.announce(batch)
