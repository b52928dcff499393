"""What a job did, for people and programs: vertices, their subtasks, their operators, the cost.

Names of metrics are Flink's. Rates and shares are those of the last seconds while a subtask runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from flinkette.metrics.accumulators import AccumulatorState

__all__ = ["CostFigures", "JobFigures", "OperatorFigures", "TaskFigures", "VertexFigures"]


@dataclass(frozen=True)
class OperatorFigures:
    """What one operator did, in one subtask or over all of them.

    Attributes
    ----------
    name : str
        The operator; several row functions in a row are one.
    rows_in, rows_out : int
        Rows taken and made.
    busy_ms : int
        Time spent working.
    late_rows : int or None
        `numLateRecordsDropped`; None if the operator drops none by its nature.
    """

    name: str
    rows_in: int = 0
    rows_out: int = 0
    busy_ms: int = 0
    late_rows: int | None = None

    def __add__(self, other: OperatorFigures) -> OperatorFigures:
        """Add what the same operator did in another subtask."""
        late = None
        if self.late_rows is not None and other.late_rows is not None:
            late = self.late_rows + other.late_rows
        return OperatorFigures(
            self.name,
            self.rows_in + other.rows_in,
            self.rows_out + other.rows_out,
            self.busy_ms + other.busy_ms,
            late,
        )


@dataclass(frozen=True)
class TaskFigures:
    """What one subtask did.

    Attributes
    ----------
    subtask : int
        Its index.
    worker : int
        Number of the worker it runs on.
    metrics : dict
        Values by Flink's names: `numRecordsIn`, `busyTimeMsPerSecond`, `currentInputWatermark`, …;
        a watermark that there is none of is missing. Metrics of user functions are among them, as
        `operator.group.name`.
    operators : tuple of OperatorFigures
        In the order of the chain.
    """

    subtask: int
    worker: int
    metrics: dict[str, int | float]
    operators: tuple[OperatorFigures, ...]
    has_ended: bool = False


@dataclass(frozen=True)
class VertexFigures:
    """What one vertex did.

    Attributes
    ----------
    name : str
        Its chain.
    parallelism : int
        Number of its subtasks.
    tasks : tuple of TaskFigures
        Those that have reported.
    held_back_by : str
        What its watermark waits for, if anything: the subtask of a source or operator that is
        furthest behind, with the split that holds it back there, or that its inputs are idle.
    """

    name: str
    parallelism: int
    tasks: tuple[TaskFigures, ...] = ()
    held_back_by: str = ""

    @property
    def operators(self) -> tuple[OperatorFigures, ...]:
        """What its operators did, over all subtasks."""
        totals: dict[int, OperatorFigures] = {}
        for task in self.tasks:
            for position, each in enumerate(task.operators):
                totals[position] = totals[position] + each if position in totals else each
        return tuple(totals.values())

    def of_functions(self) -> dict[str, list[int | float]]:
        """Return the metrics of user functions: the values of the subtasks by name."""
        found: dict[str, list[int | float]] = {}
        for task in self.tasks:
            for name, value in task.metrics.items():
                if "." in name:
                    found.setdefault(name, []).append(value)
        return found

    def total(self, metric: str) -> float:
        """Return the sum of a metric over the subtasks."""
        return sum(task.metrics.get(metric, 0) for task in self.tasks)

    def largest(self, metric: str) -> float:
        """Return the largest value of a metric."""
        return max((task.metrics.get(metric, 0) for task in self.tasks), default=0)

    def lowest(self, metric: str) -> int | float | None:
        """Return the lowest value of a metric, None if no subtask has it."""
        known = [task.metrics[metric] for task in self.tasks if metric in task.metrics]
        return min(known, default=None)


@dataclass(frozen=True)
class CostFigures:
    """What a placement costs, see `plan.placement_problem`: as estimated, and as measured so far.

    Attributes
    ----------
    compute_estimated, compute_measured : float
        C(θ), the load of the fullest worker in cores. Estimates take the busiest subtask for one
        that needs a whole core.
    network_estimated, network_measured : float
        W(θ), the time of the bytes between workers, in cores.
    """

    strategy: str
    workers: int
    compute_estimated: float
    network_estimated: float
    compute_measured: float | None = None
    network_measured: float | None = None


@dataclass(frozen=True)
class JobFigures:
    """What a job did.

    Attributes
    ----------
    vertices : tuple of VertexFigures
        In the order of the plan.
    rows_in, rows_out : int
        Rows that its sources read, and its sinks took.
    watermark_ms : int or None
        The lowest watermark that reached a vertex.
    cost : CostFigures or None
        Of its placement; None before it was placed.
    accumulators : tuple of AccumulatorState
        What its subtasks hold for the program, by vertex and subtask; `merged` reads them.
    """

    vertices: tuple[VertexFigures, ...] = ()
    rows_in: int = 0
    rows_out: int = 0
    watermark_ms: int | None = None
    cost: CostFigures | None = None
    accumulators: tuple[AccumulatorState, ...] = ()
