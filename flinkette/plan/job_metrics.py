"""The metrics of a running job: what its workers report, as figures under Flink's names.

```
 TaskCounts ──take──► the last seconds of each subtask ──figures──► JobFigures
                        bytes of each channel               └─ placement: C(θ), W(θ) as measured
```
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING

from flinkette.graph.operators import (
    AssignTimestampsDescription,
    SinkDescription,
    SourceDescription,
)
from flinkette.metrics.figures import (
    CostFigures,
    JobFigures,
    OperatorFigures,
    TaskFigures,
    VertexFigures,
)
from flinkette.metrics.task_counts import Counts
from flinkette.plan.execution_graph import Channel, ExecutionGraph, SubtaskId
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import local_workers
from flinkette.plan.rescheduling import Rescheduler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flinkette.metrics.task_counts import ChannelBytes, OperatorCounts, TaskCounts
    from flinkette.plan.job_graph import JobGraph, Vertex
    from flinkette.plan.placement_problem import Placement, WorkerOffer

__all__ = ["JobMetrics"]

SAMPLES = 11
"""Rates are those of the last ten reports: five seconds."""


class JobMetrics:
    """Keeps what the workers of one attempt to run a job have reported. Pure: no clock.

    A job that is never `placed` runs in one worker.

    Parameters
    ----------
    job_graph : JobGraph
        The job.
    """

    def __init__(self, job_graph: JobGraph) -> None:
        self._graph = ExecutionGraph(job_graph)
        self._samples: dict[SubtaskId, deque[TaskCounts]] = {}
        self._sent_bytes: dict[Channel, float] = {}
        self._placement: Placement | None = None
        self._workers: Sequence[WorkerOffer] = ()

    @cached_property
    def _senders(self) -> dict[SubtaskId, list[SubtaskId]]:
        """The other ends of a subtask's input channels, as its gate counts them."""
        senders: dict[SubtaskId, list[SubtaskId]] = {}
        for channel in self._graph.channels():
            senders.setdefault(channel.receiver, []).append(channel.sender)
        return senders

    def placed(self, placement: Placement, workers: Sequence[WorkerOffer]) -> None:
        """Take note of where the slots run.

        Parameters
        ----------
        placement : Placement
            With the cost that was estimated.
        workers : sequence of WorkerOffer
            What it was made for.
        """
        self._placement, self._workers = placement, workers

    def take(self, tasks: Iterable[TaskCounts], channels: Iterable[ChannelBytes] = ()) -> None:
        """Take a report: totals since the subtasks began."""
        for counts in tasks:
            subtask = SubtaskId(counts.vertex, counts.subtask)
            samples = self._samples.setdefault(subtask, deque(maxlen=SAMPLES))
            if samples and samples[-1].running_ns == counts.running_ns:
                samples.pop()
            elif samples:
                # only the last ones count, and they may be large
                samples[-1] = samples[-1]._replace(accumulators=[])
            samples.append(counts)
        edges = self._graph.job_graph.edges
        for edge, sender, receiver, sent in channels:
            ends = edges[edge]
            self._sent_bytes[
                Channel(edge, SubtaskId(ends.source, sender), SubtaskId(ends.target, receiver))
            ] = sent

    @property
    def counts(self) -> Counts:
        """The job at a glance."""
        latest = self._latest()
        vertices = self._graph.job_graph.vertices
        watermarks = [
            counts.input_watermark_ms
            for counts in latest.values()
            if counts.input_watermark_ms is not None
        ]
        return Counts(
            sum(
                counts.operators[0].rows_in
                for subtask, counts in latest.items()
                if isinstance(vertices[subtask.vertex].nodes[0].operator, SourceDescription)
            ),
            sum(
                counts.operators[-1].rows_in
                for subtask, counts in latest.items()
                if isinstance(vertices[subtask.vertex].nodes[-1].operator, SinkDescription)
            ),
            min(watermarks, default=None),
        )

    def figures(self) -> JobFigures:
        """Return everything that is known of the job now."""
        latest = self._latest()
        return JobFigures(
            tuple(self._vertex(vertex, latest) for vertex in self._graph.job_graph.vertices),
            *self.counts,
            self._cost(latest),
            tuple(each for counts in latest.values() for each in counts.accumulators),
        )

    def _latest(self) -> dict[SubtaskId, TaskCounts]:
        # in one step: a caller may look while the thread of the job takes a report
        return {subtask: samples[-1] for subtask, samples in sorted(list(self._samples.items()))}  # noqa: C414

    def _vertex(self, vertex: Vertex, latest: Mapping[SubtaskId, TaskCounts]) -> VertexFigures:
        placed = {} if self._placement is None else self._placement.worker_of
        tasks = tuple(
            TaskFigures(
                subtask.index,
                placed.get(subtask, 0),
                _metrics(tuple(self._samples[subtask])),
                tuple(
                    OperatorFigures(
                        name, each.rows_in, each.rows_out, each.busy_ns // 1_000_000, each.late_rows
                    )
                    for name, each in zip(
                        _names(vertex, counts.operators), counts.operators, strict=True
                    )
                ),
                counts.has_ended,
            )
            for subtask, counts in latest.items()
            if subtask.vertex == vertex.index
        )
        return VertexFigures(
            vertex.name, vertex.parallelism, tasks, self._held_back_by(vertex, latest)
        )

    def _held_back_by(self, vertex: Vertex, latest: Mapping[SubtaskId, TaskCounts]) -> str:
        """Follow the lowest watermark of a vertex up to where it comes from."""
        vertices = self._graph.job_graph.vertices
        if not self._graph.job_graph.reads_time(vertex):
            return ""
        own = [
            (counts.input_watermark_ms, subtask)
            for subtask, counts in latest.items()
            if subtask.vertex == vertex.index
            and counts.input_watermark_ms is not None
            and not counts.has_ended
        ]
        if not own:
            return ""
        _, first = min(own)
        subtask = first
        while (counts := latest.get(subtask)) is not None and counts.lowest_channel is not None:
            senders = self._senders.get(subtask, [])
            if counts.lowest_channel >= len(senders) or _makes_time(vertices[subtask.vertex]):
                break
            subtask = senders[counts.lowest_channel]
        if counts is not None and counts.output_watermark_ms is None:
            return ""
        is_idle = (
            counts is not None and counts.lowest_channel is None and self._senders.get(subtask)
        )
        if subtask == first:
            return "inputs that are all idle" if is_idle else ""
        behind = vertices[subtask.vertex]
        name = f"{behind.nodes[0].name} ({subtask.index + 1}/{behind.parallelism})"
        if is_idle:
            return f"{name}, whose inputs are all idle"
        split = "" if counts is None else counts.slowest_split
        return f"{name}, {split}" if split else name

    def _cost(self, latest: Mapping[SubtaskId, TaskCounts]) -> CostFigures:
        """Hold the placement's estimate against the whole life of the job so far."""
        if self._placement is None:
            # nobody had to choose: the job runs in one worker
            workers = local_workers(1, self._graph.required_slots)
            self.placed(place(self._graph, workers), workers)
        placement = self._placement
        assert placement is not None
        figures = CostFigures(
            placement.strategy, len(set(placement.workers)), placement.compute, placement.network
        )
        elapsed_s = max((counts.running_ns for counts in latest.values()), default=0) / 1e9
        if not elapsed_s:
            return figures
        job = Rescheduler(self._graph, placement, 0.0)
        busy_s = {
            subtask: sum(each.busy_ns for each in counts.operators) / 1e9
            for subtask, counts in latest.items()
        }
        # where nothing was sent nothing is estimated either
        sent = dict(self._sent_bytes) or dict.fromkeys(self._graph.channels(), 0.0)
        job.fetch(elapsed_s, busy_s, sent)
        measured = job.measured(self._workers)
        return CostFigures(
            figures.strategy,
            figures.workers,
            figures.compute_estimated,
            figures.network_estimated,
            measured.compute,
            measured.network,
        )


def _makes_time(vertex: Vertex) -> bool:
    """Tell whether watermarks that reach a vertex end there, because it makes its own."""
    return isinstance(vertex.nodes[0].operator, AssignTimestampsDescription)


def _names(vertex: Vertex, operators: Sequence[OperatorCounts]) -> list[str]:
    """Name operators by the transformations that they run."""
    if vertex.is_shared:
        return [vertex.name]
    position = {node.node_id: index for index, node in enumerate(vertex.nodes)}
    starts = [position[each.node] for each in operators]
    return [
        " -> ".join(node.name for node in vertex.nodes[start:stop])
        for start, stop in zip(starts, [*starts[1:], len(vertex.nodes)], strict=True)
    ]


def _metrics(samples: Sequence[TaskCounts]) -> dict[str, int | float]:
    """Return the metrics of a subtask under Flink's names."""
    last = samples[-1]
    busy_ns = last.running_ns - last.idle_ns - last.backpressured_ns
    metrics: dict[str, int | float] = {
        "numRecordsIn": last.operators[0].rows_in,
        "numRecordsOut": last.operators[-1].rows_out,
        "numBytesIn": last.bytes_in,
        "numBytesOut": last.bytes_out,
        "accumulateBusyTimeMs": busy_ns // 1_000_000,
        "accumulateIdleTimeMs": last.idle_ns // 1_000_000,
        "accumulateBackPressuredTimeMs": last.backpressured_ns // 1_000_000,
    }
    late = [each.late_rows for each in last.operators if each.late_rows is not None]
    if late:
        metrics["numLateRecordsDropped"] = sum(late)
    if last.input_watermark_ms is not None:
        metrics["currentInputWatermark"] = last.input_watermark_ms
    if last.output_watermark_ms is not None:
        metrics["currentOutputWatermark"] = last.output_watermark_ms
    metrics.update(_rates(samples))
    metrics.update(last.of_functions)
    return metrics


def _rates(samples: Sequence[TaskCounts]) -> dict[str, float]:
    """Return what happens per second, 0 where nothing happens any more."""
    last = samples[-1]
    # one sample: since the beginning
    first = samples[0] if len(samples) > 1 else None
    start_ns = 0 if first is None else first.running_ns
    elapsed_s = (last.running_ns - start_ns) / 1e9

    def rate(now: int, before: int) -> float:
        return 0.0 if last.has_ended or elapsed_s <= 0 else (now - before) / elapsed_s

    idle = rate(last.idle_ns, 0 if first is None else first.idle_ns) / 1e6
    held = rate(last.backpressured_ns, 0 if first is None else first.backpressured_ns) / 1e6
    return {
        "numRecordsInPerSecond": rate(
            last.operators[0].rows_in, 0 if first is None else first.operators[0].rows_in
        ),
        "numRecordsOutPerSecond": rate(
            last.operators[-1].rows_out, 0 if first is None else first.operators[-1].rows_out
        ),
        "numBytesInPerSecond": rate(last.bytes_in, 0 if first is None else first.bytes_in),
        "numBytesOutPerSecond": rate(last.bytes_out, 0 if first is None else first.bytes_out),
        "idleTimeMsPerSecond": idle,
        "backPressuredTimeMsPerSecond": held,
        "busyTimeMsPerSecond": max(0.0, rate(last.running_ns, start_ns) / 1e6 - idle - held),
    }
