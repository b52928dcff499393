"""One parallel instance of a vertex: an input, a chain of operators, writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.exchange.element import EndOfInput, Watermark
from flinkette.exchange.gate import Gate
from flinkette.runtime.operator import Operator
from flinkette.runtime.source_input import SourceInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flinkette.contracts.output_tag import OutputTag
    from flinkette.exchange.element import Element
    from flinkette.exchange.writer import EdgeWriter
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operator import SubtaskContext
    from flinkette.runtime.ports import Port, PortedOutput

__all__ = ["Output", "Subtask"]


class Output:
    """Where one operator's rows leave the subtask: writers by output tag (None: main output)."""

    def __init__(self, writers: dict[OutputTag | None, list[EdgeWriter]]) -> None:
        self._writers: dict[Any, list[EdgeWriter]] = {**writers}
        self._all = [writer for group in writers.values() for writer in group]
        self._main = writers.get(None, [])
        self._side = [
            writer for tag, group in writers.items() if tag is not None for writer in group
        ]
        self.has_writers = bool(self._all)

    @property
    def num_pending(self) -> int:
        """Elements that wait for room."""
        return sum(writer.num_pending for writer in self._all)

    def flush(self) -> bool:
        """Hand on what is pending; False when a receiver has no room."""
        is_empty = True
        for writer in self._all:
            if writer.num_pending:
                is_empty &= writer.flush()
        return is_empty

    def emit(
        self, tag: OutputTag | Port | None, element: Element, copy: Callable[[Batch], Batch]
    ) -> None:
        """Send an element: rows to the writers of `tag`, anything else to all of them."""
        if not isinstance(element, Batch):
            for writer in self._all:
                writer.emit(element)
            return
        writers = self._main if tag is None else self._writers.get(tag, ())
        is_first = True
        for writer in writers:
            writer.emit(element if is_first else copy(element))
            is_first = False
        if tag is None:
            self.announce(element)

    def announce(self, batch: Batch) -> None:
        """Tell the readers of side outputs how far the main output's marks have come."""
        if not self._side or batch.marks is None:
            return
        for writer in self._side:
            writer.emit(Watermark(batch.marks.last_time))


class Subtask:
    """Runs one chain. `step` works for a bounded time and never waits. Slot thread only."""

    def __init__(
        self,
        context: SubtaskContext,
        source: Gate | SourceInput,
        operators: list[Operator],
        outputs: Sequence[Output | PortedOutput],
        clock: Clock,
        copy: Callable[[Batch], Batch],
    ) -> None:
        self.context = context
        self.display_name = (
            f"{context.task_name} ({context.subtask_index + 1}/{context.parallelism})"
        )
        self.input = source
        self.operators = operators
        self._outputs = outputs
        self._clock = clock
        self._monotonic_ns = clock.monotonic_ns
        self._copy = copy
        self._timed = [
            operator
            for operator in operators
            if type(operator).next_processing_time is not Operator.next_processing_time
        ]
        self._saw_end = False
        self.has_ended = False
        self.busy_ns = 0
        if isinstance(source, Gate):
            for operator in operators:
                operator.has_waiting_input = source.has_waiting

    @property
    def is_source(self) -> bool:
        """Whether the subtask reads a source."""
        return isinstance(self.input, SourceInput)

    @property
    def is_blocked(self) -> bool:
        """Whether, after a `step` that did nothing, it could not take input if there were any."""
        return not self.operators[0].is_ready() or any(
            operator.outbox or operator.is_busy for operator in self.operators
        )

    def step(self, deadline_ns: int) -> bool:
        """Work until nothing is left to do now, an output is full, or the deadline passed.

        What is nearest to the outputs goes first, so no more than one batch waits anywhere: the
        operators behind `position` have nothing to do.

        Returns whether anything was done.
        """
        has_worked = self.flush()
        last = position = len(self.operators) - 1
        while not self._saw_end:
            operator = self.operators[position]
            if operator.outbox:
                if not self._hand_on(position):
                    break
                if position < last:
                    position += 1
            elif operator.is_busy:
                operator.step(deadline_ns)
            elif position > 0:
                position -= 1
                continue
            elif self._timed and self._fire_processing_timers():
                position = last
            elif not self._take_input(deadline_ns):
                break
            has_worked = True
            if self._monotonic_ns() > deadline_ns:
                break
        return has_worked

    def flush(self) -> bool:
        """Hand on what waited for room; return whether anything moved."""
        has_moved = False
        is_empty = True
        for output in self._outputs:
            before = output.num_pending
            if before:
                is_empty &= output.flush()
                has_moved |= output.num_pending < before
        if self._saw_end and is_empty:
            self.has_ended = True
        return has_moved

    def next_processing_time(self) -> int | None:
        """Earliest processing time in ms at which `step` has something new to do."""
        times = [operator.next_processing_time() for operator in self._timed]
        if isinstance(self.input, SourceInput):
            times.append(self.input.next_deadline_ms())
            times.append(self.input.next_poll_ms())
        known = [time for time in times if time is not None]
        return min(known) if known else None

    def _hand_on(self, position: int) -> bool:
        """Move the head of an operator's outbox; False when there is no room for it."""
        outbox = self.operators[position].outbox
        tag, element = outbox[0]
        output = self._outputs[position]
        is_last = position + 1 == len(self.operators)
        if tag is None and not is_last:
            follower = self.operators[position + 1]
            if isinstance(element, Batch) and not follower.is_ready():
                return False
            if output.has_writers:
                if not output.flush():
                    return False
                if isinstance(element, Batch):
                    output.announce(element)
                else:
                    output.emit(None, element, self._copy)
            follower.offer(element)
        else:
            if not output.flush():
                return False
            output.emit(tag, element, self._copy)
        outbox.popleft()
        if is_last and isinstance(element, EndOfInput):
            # the subtask has ended once its last elements have found room
            self._saw_end = True
            self.flush()
        return True

    def finish(self) -> None:
        """Commit: every subtask of the job has ended."""
        for operator in self.operators:
            operator.finish()

    def _fire_processing_timers(self) -> bool:
        now_ms: int | None = None
        for operator in self._timed:
            due = operator.next_processing_time()
            if due is None:
                continue
            now_ms = self._clock.now_ms() if now_ms is None else now_ms
            if due <= now_ms:
                operator.start_processing_time(now_ms)
                return True
        return False

    def _take_input(self, deadline_ns: int) -> bool:
        source = self.input
        first = self.operators[0]
        if not first.is_ready():
            return False
        if isinstance(source, SourceInput):
            due = source.next_deadline_ms()
            if due is not None:
                now_ms = self._clock.now_ms()
                if due <= now_ms:
                    source.on_time(now_ms)
            element = source.poll(deadline_ns)
            if source.rejected:
                self._reject(source)
                if element is None:
                    return True
        else:
            element = source.poll()
        if element is None:
            return False
        first.offer(element)
        return True

    def _reject(self, source: SourceInput) -> None:
        """Send malformed input rows to the source's side output."""
        while source.rejected:
            rows = source.rejected.popleft()
            self.operators[0].outbox.append((source.reject_tag, Batch.from_objects(rows)))
