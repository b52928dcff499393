"""The engine under a harness: one worker, stepped until nothing is left to do, on a still clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.client.settings import deploy_options, plan_options
from flinkette.contracts.options import RUNTIME_MODE
from flinkette.plan.job_graph import build_job_graph
from flinkette.runtime.clock import VirtualClock
from flinkette.runtime.deploy import deploy
from flinkette.runtime.operators.timestamps import TimestampsOperator
from flinkette.runtime.worker import Worker
from flinkette.testing.wiring import HarnessWiring

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from flinkette.contracts.config import Configuration
    from flinkette.exchange.channel import LocalChannel
    from flinkette.exchange.gate import Gate
    from flinkette.graph.stream_graph import StreamGraph
    from flinkette.runtime.operator import Operator, SubtaskContext
    from flinkette.runtime.subtask import Subtask

__all__ = ["Engine", "HarnessClock"]

FAR_AHEAD_NS = 2**62
ROUNDING_NS = 20
"""Doubles of an event loop's time miss it by less, and its resolution is coarser."""
QUIET_TICKS = 1000
"""Watermark generators tick every 200 ms; after so many ticks for nothing the others are left out,
or a test could not move the clock by days."""


class HarnessClock(VirtualClock):
    """Both clocks move only when told: no deadline passes while a test waits.

    Kernels hold deadlines against the machine's own clock, so this one is far ahead of it: they
    stop where their work ends, not where the machine happened to be slow.
    """

    def monotonic_ns(self) -> int:
        """Return processing time in ns, from a start that the machine's clock never reaches."""
        return FAR_AHEAD_NS + self.now_ms() * 1_000_000


class Engine:
    """Runs a graph between the entries and probes of a test. One thread.

    Parameters
    ----------
    graph : StreamGraph
        What runs.
    entries, probes : collection of int
        Ids of the transformations that stand for the test.
    configuration : Configuration
        Of the user's environment, with the parallelism.
    start_ms : int
        Processing time at the beginning.
    """

    def __init__(
        self,
        graph: StreamGraph,
        entries: Collection[int],
        probes: Collection[int],
        configuration: Configuration,
        start_ms: int,
    ) -> None:
        job_graph = build_job_graph(graph, plan_options(configuration))
        self.clock = HarnessClock(start_ms)
        self._wiring = HarnessWiring(job_graph, entries, probes)
        # in BATCH mode all input is bounded: the test will end it
        is_bounded = job_graph.is_bounded or configuration.get(RUNTIME_MODE) == "BATCH"
        options = deploy_options(configuration, self.clock, is_bounded=is_bounded)
        self._worker = Worker(deploy(job_graph, options, self._wiring), self.clock)
        self._worker.open()
        self._is_committed = False

    @property
    def has_ended(self) -> bool:
        """Whether all input has ended and was worked on."""
        return self._worker.has_ended

    def entry(self, node_id: int) -> LocalChannel:
        """Return where elements enter in the place of a transformation."""
        return self._wiring.entries[node_id]

    def gate_of(self, probe: int) -> Gate:
        """Return what a probe reads."""
        return self._wiring.gate_of(probe)

    def operators(self, node_id: int | None = None) -> list[Operator]:
        """Return the operators whose first transformation it is, by subtask; None: all."""
        return [
            operator
            for subtask in self._worker.subtasks
            for operator in subtask.operators
            if node_id in (None, operator.info.node.node_id)
        ]

    def contexts(self) -> list[SubtaskContext]:
        """Return what the operators of each vertex's subtasks share."""
        found = (each for subtask in self._worker.subtasks for each in subtask.contexts)
        return list({id(context): context for context in found}.values())

    def run(self) -> None:
        """Work until nothing is left to do at this time; sinks commit when all has ended."""
        while self._worker.step():
            pass
        if self._worker.has_ended and not self._is_committed:
            self._is_committed = True
            self._worker.commit()

    def advance(self, to_ms: int) -> Iterator[int]:
        """Move processing time; stop, and work, at each moment at which something is due.

        Yields
        ------
        int
            The time, after the work at it was done; `to_ms` comes last.
        """
        quiet = 0
        while True:
            due_ms = self._next_due(to_ms, with_ticks=quiet < QUIET_TICKS)
            before = self._progress()
            self.clock.advance(due_ms - self.clock.now_ms())
            self.run()
            quiet = quiet + 1 if self._progress() == before else 0
            yield due_ms
            if due_ms == to_ms:
                return

    def close(self) -> None:
        """Close the operators; sinks that have not committed drop what they wrote."""
        self._worker.close()

    def _next_due(self, to_ms: int, *, with_ticks: bool) -> int:
        now_ms = self.clock.now_ms()
        live = [subtask for subtask in self._worker.subtasks if not subtask.has_ended]
        times = [time for each in live for time in _due_times(each, with_ticks=with_ticks)]
        return min((time for time in times if now_ms < time < to_ms), default=to_ms)

    def _progress(self) -> list[tuple[int, int, int | None]]:
        return [
            (each.rows_in, each.rows_out, getattr(each, "watermark_ms", None))
            for each in self.operators()
        ]


def _due_times(subtask: Subtask, *, with_ticks: bool) -> Iterable[int]:
    if with_ticks:
        times = [subtask.next_processing_time()]
    else:
        times = [
            operator.next_processing_time()
            for operator in subtask.operators
            if not isinstance(operator, TimestampsOperator)
        ]
    turn_ns = subtask.next_turn_ns()
    if turn_ns is not None:
        times.append(-((FAR_AHEAD_NS + ROUNDING_NS - turn_ns) // 1_000_000))
    return [time for time in times if time is not None]
