"""The operator contract: one element in, resumable work, outputs picked up one batch at a time."""

from __future__ import annotations

from abc import ABC
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flinkette._native.batch import Batch
from flinkette.exchange.element import EndOfInput, InputBatch, StatusChange, Watermark
from flinkette.graph.transformations import ChangelogMode
from flinkette.metrics.accumulators import Accumulators
from flinkette.metrics.group import OperatorMetricGroups

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.output_tag import OutputTag
    from flinkette.exchange.element import Arrival, Element
    from flinkette.graph.transformations import Transformation
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operators.keyed import Keys
    from flinkette.runtime.ports import Port

__all__ = ["Kernel", "Operator", "OperatorInfo", "PendingTimer", "SubtaskContext"]

DONE = 0
FAILED = 3


@dataclass(frozen=True)
class OperatorInfo:
    """What error messages say about an operator."""

    node: Transformation
    subtask_index: int
    parallelism: int
    input_index: int | None = None
    """Which of two inputs the row at work came from; None where there is but one."""

    @property
    def name(self) -> str:
        """The operator's name as the user or the API gave it."""
        return self.node.name


@dataclass(frozen=True)
class SubtaskContext:
    """What an operator is told about the subtask it runs in."""

    subtask_index: int
    parallelism: int
    max_parallelism: int
    task_name: str
    batch_rows: int
    clock: Clock
    is_object_reuse: bool
    watermark_interval_ms: int
    job_parameters: dict[str, str]
    is_batch: bool = False
    """Runtime mode BATCH: no watermark before the end, running results only once, at the end."""
    vertex: int = 0
    """Index of the subtask's vertex in the JobGraph."""
    buffer_timeout_ms: int = -1
    """How long rows may wait for others of their batch; -1: until it is full."""
    metrics: OperatorMetricGroups = field(default_factory=OperatorMetricGroups)
    """What its functions count."""
    accumulators: Accumulators = field(default_factory=Accumulators)
    """What its functions hand to the program at the end."""

    def info(self, node: Transformation) -> OperatorInfo:
        """Describe one of the subtask's operators."""
        return OperatorInfo(node, self.subtask_index, self.parallelism)


class PendingTimer(NamedTuple):
    """A timer that has not fired.

    Attributes
    ----------
    time_ms : int
        When it fires.
    key : object
        The key it belongs to.
    is_event_time : bool
        Whether the watermark decides; else processing time does.
    window : object
        The window it belongs to; None for timers of process functions.
    """

    time_ms: int
    key: Any
    is_event_time: bool
    window: Any = None


class Kernel(Protocol):
    """The native side of an operator: resumable at any row."""

    def run(self, deadline_ns: int, max_rows: int) -> int:
        """Work until done (0), the deadline (1), a full output (2) or a failure to come (3)."""

    def take(self) -> Batch | None:
        """Rows made so far."""

    def take_side(self) -> list[tuple[OutputTag, Batch]]:
        """Side output rows made so far."""

    def take_watermark(self) -> int | None:
        """Watermark passed by marks after the last row taken."""


class Operator(ABC):
    """Base of all operators; slot thread only.

    Life: `open`, then any number of (`offer` when not busy, `step` while busy), then `close`.
    A batch that becomes one batch without a stop is what `offer` returns. Everything else made and
    not yet handed on is in `outbox`: (None, element) for the main output, (tag, batch) for side
    outputs, (Port, element) in an operator of several transformations. The chain empties it before
    it calls `step` again.
    """

    accepts = frozenset({ChangelogMode.APPEND})
    """Row kinds the operator can take; the planner refuses edges that bring others."""
    emits = ChangelogMode.APPEND
    """Row kinds the operator makes."""
    reads_time = True
    """Whether watermarks make a difference to the operator or to what it hands on."""
    is_waiting = False
    """Whether it is busy and `step` can do nothing before something happens outside."""

    def __init__(self, info: OperatorInfo) -> None:
        self.info = info
        self.has_waiting_input: Callable[[], bool] = bool
        """Whether rows wait at the subtask's input; set by the subtask."""
        self.hands_time_on = True
        """Whether anything behind the operator makes use of watermarks; set by the subtask."""
        self.outbox: deque[tuple[OutputTag | Port | None, Element]] = deque()
        self.is_busy = False
        self.rows_in = 0
        self.rows_out = 0
        self.busy_ns = 0
        """Time it has worked, and its results took on their way; counted by the subtask."""
        self._after: Element | None = None
        self._kernel: Kernel | None = None
        self._max_rows = 0

    def open(self, context: SubtaskContext) -> None:
        """Make ready for rows; called once, before the first element."""
        self._max_rows = context.batch_rows

    def offer(self, element: Arrival) -> Batch | None:
        """Take one element. Only when not busy and with an empty outbox.

        Returns the batch that becomes of it; None if what it makes comes through the outbox.
        """
        if isinstance(element, Batch):
            self.rows_in += element.num_rows
            self.is_busy = True
            return self.start_batch(element)
        if isinstance(element, Watermark) and self.start_watermark(element.time_ms):
            self.is_busy = True
            self._after = element
        elif isinstance(element, (Watermark, StatusChange)):
            self.emit(element)
        elif isinstance(element, EndOfInput):
            self.end_input()
            self.emit(element)
        elif isinstance(element, InputBatch):
            self.select_input(element.input_index)
            return self.offer(element.batch)
        return None

    def step(self, deadline_ns: int) -> None:
        """Go on with the element in work; returns at the deadline at the latest after one row."""
        kernel = self._kernel
        if kernel is None:
            raise NotImplementedError(type(self).__name__)
        status = kernel.run(deadline_ns, self._max_rows)
        # side outputs first: the main batch's marks are announced to their readers after it
        self.outbox.extend(kernel.take_side())
        batch = kernel.take()
        if batch is not None:
            self.emit(batch)
        watermark_ms = kernel.take_watermark()
        if watermark_ms is not None and self.hands_time_on:
            self.emit(Watermark(watermark_ms))
        if status == DONE:
            self.finish_work()

    def finish_work(self) -> None:
        """Mark the element in work as done and hand on what waited for that."""
        self.is_busy = False
        if self._after is not None:
            after, self._after = self._after, None
            self.emit(after)

    def emit(self, element: Element) -> None:
        """Put an element into the outbox of the main output."""
        if isinstance(element, Batch):
            self.rows_out += element.num_rows
        self.outbox.append((None, element))

    def select_input(self, index: int) -> None:
        """Take note which of two inputs the next batch is from."""
        raise NotImplementedError(f"{type(self).__name__} has one input")

    def start_batch(self, batch: Batch) -> Batch | None:
        """Load a batch to work on; `step` follows.

        An operator with nothing to stop at is done here: it is not busy and returns the batch it
        has made, or has put what it made into the outbox.
        """
        raise NotImplementedError(type(self).__name__)

    def start_watermark(self, time_ms: int) -> bool:
        """Load the work a watermark causes; False when there is none."""
        return False

    def end_input(self) -> None:
        """Take note that no element follows; whatever is left must be emitted here."""

    @property
    def late_rows_dropped(self) -> int | None:
        """Rows that came too late and went nowhere; None if it drops none by its nature."""
        return None

    @property
    def is_timed(self) -> bool:
        """Whether `next_processing_time` may ever return a time; asked before the first element."""
        return type(self).next_processing_time is not Operator.next_processing_time

    def next_processing_time(self) -> int | None:
        """Earliest processing time in ms at which the operator wants `start_processing_time`."""
        return None

    def start_processing_time(self, now_ms: int) -> None:
        """Load the work that is due at `now_ms`; `step` follows. Only when not busy."""
        self.is_busy = True

    @property
    def looks_outside(self) -> bool:
        """Whether `look_outside` may ever do something; such an operator begins its chain."""
        return type(self).look_outside is not Operator.look_outside

    def look_outside(self, deadline_ns: int) -> bool:
        """Take note of what has happened outside the job, busy or not; tell whether anything has.

        It fills no outbox: what has come of it is handed on by `step`.
        """
        return False

    @property
    def waits_outside(self) -> bool:
        """Whether rows in it wait for something outside the job."""
        return False

    def wake_up_fd(self) -> int | None:
        """Return a descriptor that is readable when something has happened outside."""
        return None

    def next_wake_up_ns(self) -> int | None:
        """Monotonic time at which something is to be done outside if nothing happens before."""
        return None

    @property
    def keys(self) -> Keys | None:
        """The keys it knows, with their state; None if it works without."""
        return None

    def pending_timers(self) -> list[PendingTimer]:
        """Return the timers that wait, as they would fire, those of event time first."""
        return []

    def live_windows(self) -> list[tuple[Any, Any]] | None:
        """Return (key, window) of the windows that hold rows; None if it cannot tell them apart."""
        return []

    @property
    def has_say(self) -> bool:
        """Whether `is_ready` may ever return False; asked after `open`."""
        return type(self).is_ready is not Operator.is_ready

    def is_ready(self) -> bool:
        """Tell whether a batch may be offered; False pauses everything upstream."""
        return True

    def finish(self) -> None:
        """Commit: the whole input was processed. Called at most once, before `close`."""

    def close(self) -> None:
        """Release what `open` took; after a failure too. Must not emit."""
