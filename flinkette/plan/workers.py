"""How many worker processes a job on this host gets (contract 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flinkette.plan.execution_graph import ExecutionGraph

__all__ = ["is_parallelism_asked", "num_workers"]


def num_workers(
    setting: int | str,
    execution_graph: ExecutionGraph,
    default_parallelism: int | None,
    cores: int,
) -> int:
    """Return the number of workers of a job that runs on this host.

    Parameters
    ----------
    setting : int or str
        The option `flinkette.execution.workers` as read: a number, or "auto".
    execution_graph : ExecutionGraph
        The job.
    default_parallelism : int or None
        The option `parallelism.default`; None if neither program nor command line set it.
    cores : int
        Cores this process may use.

    Returns
    -------
    int
        1 for one worker inside the calling process; never more than the job has slots, because a
        worker without a slot would have nothing to do.

    Notes
    -----
    "auto" is 1 unless somebody asked for a parallelism above 1: the number of cores, which is the
    parallelism of programs that ask for none, starts no processes. A number is taken as it is, also
    one above the number of cores.
    """
    if isinstance(setting, int):
        return min(setting, execution_graph.required_slots)
    if not is_parallelism_asked(execution_graph, default_parallelism):
        return 1
    return max(1, min(execution_graph.parallelism, cores))


def is_parallelism_asked(execution_graph: ExecutionGraph, default_parallelism: int | None) -> bool:
    """Tell whether the program or the command line set a parallelism above 1.

    Parameters
    ----------
    execution_graph : ExecutionGraph
        The job; its operators remember what `set_parallelism` gave them.
    default_parallelism : int or None
        The option `parallelism.default`; None if it is not set.

    Returns
    -------
    bool
        Whether more than one subtask of an operator was asked for, not only granted.
    """
    asked = [
        node.parallelism for vertex in execution_graph.job_graph.vertices for node in vertex.nodes
    ]
    return any(
        parallelism is not None and parallelism > 1 for parallelism in [default_parallelism, *asked]
    )
