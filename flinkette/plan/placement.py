"""Putting the slots of a job on workers: the strategies by name, and the one function to call.

```
 ExecutionGraph ──┐
 loads, bytes ────┼─► PlacementProblem ─► strategy ─► Placement: worker of each subtask, C(θ), W(θ)
 WorkerOffers ────┘   (placement_problem)  (placement_greedy, _optimal, _locality, a user's own)
```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from flinkette.contracts.errors import ConfigurationError
from flinkette.plan.load_estimate import estimate_loads
from flinkette.plan.placement_problem import ByteCosts, PlacementProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.plan.execution_graph import Channel, ExecutionGraph, SubtaskId
    from flinkette.plan.placement_problem import Placement, PlacementStrategy, WorkerOffer

__all__ = ["STRATEGIES", "make_problem", "make_strategy", "place"]

STRATEGIES = {
    "greedy": "flinkette.plan.placement_greedy.GreedyStrategy",
    "optimal": "flinkette.plan.placement_optimal.OptimalStrategy",
    "locality": "flinkette.plan.placement_locality.LocalityStrategy",
}
"""Built-in strategies by name; each is loaded when it is named."""


def place(
    execution_graph: ExecutionGraph,
    workers: Sequence[WorkerOffer],
    strategy: str = "greedy",
    loads: Mapping[SubtaskId, float] | None = None,
    *,
    traffic: Mapping[Channel, float] | None = None,
    byte_costs: ByteCosts | None = None,
) -> Placement:
    """Put every subtask of a job on a worker.

    Parameters
    ----------
    execution_graph : ExecutionGraph
        The job.
    workers : sequence of WorkerOffer
        Who can take how many slots.
    strategy : str
        "greedy", "optimal", "locality", or the dotted path of a class with the method of
        `PlacementStrategy`.
    loads : mapping of SubtaskId to float, optional
        Measured busy time per time of each subtask; one that is missing is idle. Not given: both
        loads and traffic are estimated from the program.
    traffic : mapping of Channel to float, optional
        Measured bytes per second of each channel. Not given: estimated.
    byte_costs : ByteCosts, optional
        What a byte between workers costs.

    Returns
    -------
    Placement
        Worker of each subtask, and the cost.

    Raises
    ------
    NotEnoughSlotsError
        If the job has more slots than the workers offer.
    ConfigurationError
        If there is no such strategy, or it made no valid placement.
    """
    chosen = make_strategy(strategy)
    problem = make_problem(execution_graph, workers, loads, traffic, byte_costs)
    return chosen.place(problem)


def make_problem(
    execution_graph: ExecutionGraph,
    workers: Sequence[WorkerOffer],
    loads: Mapping[SubtaskId, float] | None = None,
    traffic: Mapping[Channel, float] | None = None,
    byte_costs: ByteCosts | None = None,
) -> PlacementProblem:
    """Add up loads and bytes of subtasks to those of slots.

    Parameters
    ----------
    execution_graph, workers, loads, traffic, byte_costs
        As for `place`.

    Returns
    -------
    PlacementProblem
        What strategies are given.

    Raises
    ------
    NotEnoughSlotsError
        If the job has more slots than the workers offer.
    """
    if loads is None or traffic is None:
        estimate = estimate_loads(execution_graph)
        loads = estimate.loads if loads is None else loads
        traffic = estimate.traffic if traffic is None else traffic
    slot_of = execution_graph.slot_of
    between: list[dict[int, float]] = [{} for _ in execution_graph.slots]
    for channel, sent in traffic.items():
        left, right = slot_of[channel.sender], slot_of[channel.receiver]
        if left != right and sent > 0:
            between[left][right] = between[left].get(right, 0.0) + sent
            between[right][left] = between[right].get(left, 0.0) + sent
    return PlacementProblem(
        execution_graph.slots,
        tuple(
            sum(loads.get(subtask, 0.0) for subtask in slot.subtasks)
            for slot in execution_graph.slots
        ),
        tuple(between),
        tuple(workers),
        byte_costs or ByteCosts(),
    )


def make_strategy(name: str) -> PlacementStrategy:
    """Return a strategy by its name or dotted path.

    Parameters
    ----------
    name : str
        As the option `flinkette.scheduler.strategy` has it.

    Returns
    -------
    PlacementStrategy
        Made without arguments.

    Raises
    ------
    ConfigurationError
        If there is none.
    """
    path = STRATEGIES.get(name.lower(), name)
    module_name, _, class_name = path.rpartition(".")
    expected = (
        f"expected {', '.join(STRATEGIES)}, or the dotted path of a class with place(problem)"
    )
    if not module_name:
        raise ConfigurationError(f"flinkette.scheduler.strategy: unknown {name!r}; {expected}")
    try:
        strategy: PlacementStrategy = getattr(importlib.import_module(module_name), class_name)()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"flinkette.scheduler.strategy: cannot load {name!r} ({error}); {expected}"
        ) from error
    if not callable(getattr(strategy, "place", None)):
        raise ConfigurationError(
            f"flinkette.scheduler.strategy: {name!r} has no method place; {expected}"
        )
    return strategy
