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
    from flinkette.exchange.element import Arrival, Element
    from flinkette.exchange.writer import EdgeWriter
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operator import SubtaskContext
    from flinkette.runtime.ports import Port, PortedOutput

__all__ = ["Output", "Subtask"]

RUNNABLE, NO_INPUT, NO_ROOM = 0, 1, 2
"""What a subtask waits for between two turns: the thread, its input, or its receivers."""
OUTSIDE_NS = 5_000_000
"""What has happened outside takes at most this long of a turn before rows are worked on."""


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
        self.carries_time = any(writer.carries_time for writer in self._all)
        self._gathering = [writer for writer in self._all if writer.gathers]
        self.gathers = bool(self._gathering)

    @property
    def main_writer(self) -> EdgeWriter | None:
        """The only writer of the main output, or None."""
        return self._main[0] if len(self._main) == 1 else None

    def without_main(self) -> Output:
        """Return what is left without the main output's writers."""
        return Output({tag: group for tag, group in self._writers.items() if tag is not None})

    @property
    def num_pending(self) -> int:
        """Elements that wait for room."""
        return sum(writer.num_pending for writer in self._all)

    def flush(self) -> bool:
        """Hand on what is pending; False when a receiver has no room."""
        is_empty = True
        for writer in self._all:
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
        if tag is None and self._side:
            self.announce(element)

    def release(self, *, is_idle: bool) -> bool:
        """Hand on rows that waited for others long enough; tell whether there were any."""
        return sum(writer.release(is_idle=is_idle) for writer in self._gathering) > 0

    def release_all(self) -> bool:
        """Hand on all rows that wait for others; tell whether there were any."""
        return sum(writer.release_all() for writer in self._gathering) > 0

    def next_release_ns(self) -> int | None:
        """Return the monotonic time at which `release` has something to do if nothing comes."""
        times = [writer.next_release_ns() for writer in self._gathering]
        return min((time for time in times if time is not None), default=None)

    def announce(self, batch: Batch) -> None:
        """Tell the readers of side outputs how far the main output's marks have come."""
        if not self._side or batch.marks is None:
            return
        for writer in self._side:
            writer.emit(Watermark(batch.marks.last_time))


class Subtask:
    """Runs one chain. `step` works for a bounded time and never waits. Slot thread only.

    `contexts` and `outputs` are those of the operators, one each.
    """

    def __init__(
        self,
        contexts: list[SubtaskContext],
        source: Gate | SourceInput,
        operators: list[Operator],
        outputs: Sequence[Output | PortedOutput],
        clock: Clock,
        copy: Callable[[Batch], Batch],
    ) -> None:
        self.contexts = contexts
        self.display_name = " -> ".join(
            dict.fromkeys(
                f"{each.task_name} ({each.subtask_index + 1}/{each.parallelism})"
                for each in contexts
            )
        )
        self.input = source
        self.operators = operators
        self._last = len(operators) - 1
        self.outputs = outputs
        self.clock = clock
        self._monotonic_ns = clock.monotonic_ns
        self.copy = copy
        self._gathering = [output for output in outputs if output.gathers]
        self._timed = [operator for operator in operators if operator.is_timed]
        self._outside = operators[0] if operators[0].looks_outside else None
        self._leads_on: list[bool] = []
        self._has_say = False
        hands_time_on = False
        for operator, output in zip(reversed(operators), reversed(outputs), strict=True):
            operator.hands_time_on = hands_time_on or output.carries_time
            hands_time_on = operator.hands_time_on or operator.reads_time
        self._saw_end = False
        self.has_ended = False
        self.source_busy_ns = 0
        """Time in the source's reader and its watermark generators."""
        self._opened_ns = 0
        self._lap_ns = 0
        """Up to here time belongs to somebody: an operator, the source, or a wait."""
        self._waits_for = NO_INPUT
        self._waited_ns = [0, 0, 0]
        for operator in operators:
            operator.has_waiting_input = source.has_waiting

    @property
    def is_source(self) -> bool:
        """Whether the subtask reads a source."""
        return isinstance(self.input, SourceInput)

    @property
    def busy_ns(self) -> int:
        """Time it has worked; what it waited for the thread is not in it."""
        return self.source_busy_ns + sum(operator.busy_ns for operator in self.operators)

    @property
    def idle_ns(self) -> int:
        """Time it had no input."""
        return self._waited_ns[NO_INPUT]

    @property
    def backpressured_ns(self) -> int:
        """Time its receivers had no room."""
        return self._waited_ns[NO_ROOM]

    @property
    def running_ns(self) -> int:
        """Time from `open` to the last turn."""
        return self._lap_ns - self._opened_ns

    def open(self) -> None:
        """Open the operators, the last one first."""
        for operator, context in zip(
            reversed(self.operators), reversed(self.contexts), strict=True
        ):
            operator.open(context)
        followers = self.operators[1:]
        self._leads_on = [
            not output.has_writers and not follower.has_say
            for output, follower in zip(self.outputs, followers, strict=False)
        ]
        self._leads_on.append(False)
        self._has_say = self.operators[0].has_say
        self._opened_ns = self._lap_ns = self._monotonic_ns()

    @property
    def is_blocked(self) -> bool:
        """Whether, after a `step` that did nothing, it could not take input if there were any."""
        return not self.operators[0].is_ready() or any(
            operator.outbox or operator.is_busy for operator in self.operators
        )

    def release(self, *, is_idle: bool) -> bool:
        """Hand on rows that waited for others long enough; tell whether there were any."""
        return sum(output.release(is_idle=is_idle) for output in self._gathering) > 0

    def release_all(self) -> bool:
        """Hand on all rows that wait for others; tell whether there were any."""
        return sum(output.release_all() for output in self._gathering) > 0

    def next_turn_ns(self) -> int | None:
        """Return the monotonic time at which `step` has something to do if nothing comes."""
        times = [output.next_release_ns() for output in self._gathering]
        if self._outside is not None:
            times.append(self._outside.next_wake_up_ns())
        return min((time for time in times if time is not None), default=None)

    def step(self, now_ns: int, deadline_ns: int) -> bool:
        """Work until nothing is left to do now, an output is full, or the deadline passed.

        What is nearest to the outputs goes first, so no more than one batch waits anywhere: the
        operators behind `position` have nothing to do. Time is counted by laps: what has passed
        since the last one belongs to the operator that has the element now.

        Returns whether anything was done.
        """
        has_worked = self._begin_turn(now_ns)
        operators = self.operators
        last = position = self._last
        monotonic_ns = self._monotonic_ns
        while not self._saw_end:
            operator = operators[position]
            if operator.outbox:
                position = self._hand_on(position)
                if position < 0:
                    self._waits_for = NO_ROOM
                    break
                is_given = is_on_its_way = True
            elif operator.is_busy and not operator.is_waiting:
                operator.step(deadline_ns)
                is_given = is_on_its_way = False
            elif position > 0:
                position -= 1
                continue
            elif self._timed and self._fire_processing_timers():
                position = last
                is_given = is_on_its_way = False
            else:
                position = self._take_input(deadline_ns)
                if position < 0:
                    break
                is_given, is_on_its_way = True, False
            has_worked = True
            operator = operators[position]
            if is_given and operator.is_busy:
                continue  # the clock is looked at when it has worked
            now_ns = monotonic_ns()
            operator.busy_ns += now_ns - self._lap_ns
            self._lap_ns = now_ns
            # the deadline counts where an operator has worked and before more is read
            if now_ns > deadline_ns and not is_on_its_way:
                break
        return has_worked

    def _begin_turn(self, now_ns: int) -> bool:
        """Book the time since the last turn; tell whether what waited has moved."""
        self._waited_ns[self._waits_for] += now_ns - self._lap_ns
        self._lap_ns = now_ns
        has_moved = self.flush()
        if self._gathering:
            has_moved |= self.release(is_idle=False)
        if has_moved:
            self._lap(self.operators[self._last])
        if self._outside is not None and self._outside.look_outside(now_ns + OUTSIDE_NS):
            has_moved = True
            self._lap(self._outside)
        self._waits_for = NO_ROOM if self._saw_end else RUNNABLE
        return has_moved

    def _lap(self, operator: Operator) -> None:
        """Give an operator the time since the last lap."""
        now_ns = self._monotonic_ns()
        operator.busy_ns += now_ns - self._lap_ns
        self._lap_ns = now_ns

    def flush(self) -> bool:
        """Hand on what waited for room; return whether anything moved."""
        has_moved = False
        is_empty = True
        for output in self.outputs:
            before = output.num_pending
            if before:
                is_empty &= output.flush()
                has_moved |= output.num_pending < before
        if self._saw_end and is_empty:
            self.has_ended = True
        return has_moved

    @property
    def waits_outside(self) -> bool:
        """Whether rows in it wait for something outside the job."""
        return self._outside is not None and self._outside.waits_outside

    def wake_up_fd(self) -> int | None:
        """Return a descriptor that is readable when something has happened outside the job."""
        return None if self._outside is None else self._outside.wake_up_fd()

    def next_processing_time(self) -> int | None:
        """Earliest processing time in ms at which `step` has something new to do."""
        times = [operator.next_processing_time() for operator in self._timed]
        if isinstance(self.input, SourceInput):
            times.append(self.input.next_deadline_ms())
            times.append(self.input.next_poll_ms())
        known = [time for time in times if time is not None]
        return min(known) if known else None

    def _hand_on(self, position: int) -> int:
        """Move the head of an operator's outbox; return the position it came to, -1 for no room."""
        outbox = self.operators[position].outbox
        tag, element = outbox[0]
        output = self.outputs[position]
        is_last = position == self._last
        if tag is None and not is_last:
            if isinstance(element, Batch) and not self.operators[position + 1].is_ready():
                return -1
            if output.has_writers:
                if not output.flush():
                    return -1
                if isinstance(element, Batch):
                    output.announce(element)
                else:
                    output.emit(None, element, self.copy)
            outbox.popleft()
            return self._give(position + 1, element)
        if not output.flush():
            return -1
        output.emit(tag, element, self.copy)
        outbox.popleft()
        if is_last and isinstance(element, EndOfInput):
            # the subtask has ended once its last elements have found room
            self._saw_end = True
            self.flush()
        return position

    def _give(self, position: int, element: Arrival) -> int:
        """Offer an element; what becomes of it at once goes on to the operators behind.

        Returns the position of the operator that has it in work, in its outbox, or handed it out.
        """
        while True:
            operator = self.operators[position]
            made = operator.offer(element)
            if made is None:
                return position
            operator.rows_out += made.num_rows
            if not self._leads_on[position] or operator.outbox:
                return self._pass(position, made)
            # as `_lap`, without the call
            now_ns = self._monotonic_ns()
            operator.busy_ns += now_ns - self._lap_ns
            self._lap_ns = now_ns
            element = made
            position += 1

    def _pass(self, position: int, made: Batch) -> int:
        """Hand a batch on where somebody may have to wait; otherwise keep it in the outbox."""
        output = self.outputs[position]
        outbox = self.operators[position].outbox
        if outbox:
            pass  # what was made before goes first
        elif position == self._last:
            if output.flush():
                output.emit(None, made, self.copy)
                return position
        elif not output.has_writers and self.operators[position + 1].is_ready():
            self._lap(self.operators[position])
            return self._give(position + 1, made)
        outbox.append((None, made))
        return position

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
            now_ms = self.clock.now_ms() if now_ms is None else now_ms
            if due <= now_ms:
                operator.start_processing_time(now_ms)
                return True
        return False

    def _take_input(self, deadline_ns: int) -> int:
        """Read an element and offer it; return the position it came to, -1 if there is none."""
        source = self.input
        element: Arrival | None
        if self._outside is not None and self._outside.is_busy:
            return -1
        if self._has_say and not self.operators[0].is_ready():
            self._waits_for = NO_ROOM
            return -1
        if isinstance(source, SourceInput):
            if source.has_deadlines:
                self._meet_deadline(source)
            element = source.poll(deadline_ns)
            if source.rejected:
                self._reject(source)
            if element is not None or source.has_moved:
                now_ns = self._monotonic_ns()
                self.source_busy_ns += now_ns - self._lap_ns
                self._lap_ns = now_ns
                if element is None:
                    return 0
        else:
            element = source.poll()
        if element is None:
            self._waits_for = NO_INPUT
            return -1
        return self._give(0, element)

    def _meet_deadline(self, source: SourceInput) -> None:
        due = source.next_deadline_ms()
        if due is not None:
            now_ms = self.clock.now_ms()
            if due <= now_ms:
                source.on_time(now_ms)

    def _reject(self, source: SourceInput) -> None:
        """Send malformed input rows to the source's side output."""
        while source.rejected:
            rows = source.rejected.popleft()
            self.operators[0].outbox.append((source.reject_tag, Batch.from_objects(rows)))
