"""What a worker process tells of its subtasks: messages of a bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.cluster.messages import Report
from flinkette.runtime.counts import task_counts

if TYPE_CHECKING:
    from flinkette.cluster.worker_wiring import WorkerWiring
    from flinkette.runtime.worker import Worker

__all__ = ["reports_of"]

MAX_TASKS = 256
MAX_CHANNELS = 1024


def reports_of(worker: Worker, wiring: WorkerWiring) -> list[Report]:
    """Read what the subtasks of a worker did so far.

    Returns
    -------
    list of Report
        At least one; more where there are too many subtasks or channels for one message. Counts
        are totals, so that each may be sent in its turn.
    """
    bytes_of = wiring.task_bytes()
    tasks = task_counts(worker.subtasks, lambda *task: bytes_of.get(task, (0, 0)))
    channels = wiring.channel_bytes()
    count = max(1, -(-len(tasks) // MAX_TASKS), -(-len(channels) // MAX_CHANNELS))
    return [
        Report(
            tasks[number * MAX_TASKS : (number + 1) * MAX_TASKS],
            channels[number * MAX_CHANNELS : (number + 1) * MAX_CHANNELS],
        )
        for number in range(count)
    ]
