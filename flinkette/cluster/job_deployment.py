"""What the hosts of a job and their workers are told, worked out when its slots are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from flinkette.cluster.dependencies import Dependencies
from flinkette.cluster.job_links import join_workers
from flinkette.cluster.job_master import deploy_message
from flinkette.cluster.job_messages import HostPlan, PlannedChannel
from flinkette.exchange.ring_channel import ring_channel_bytes
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import WorkerOffer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.cluster.control_messages import SubmitJob
    from flinkette.cluster.identifiers import SlotAddress, TaskManagerId
    from flinkette.cluster.messages import Deploy, Listen
    from flinkette.plan.execution_graph import Channel, SubtaskId
    from flinkette.plan.job_graph import JobGraph
    from flinkette.plan.placement_problem import Placement

__all__ = ["JobDeployment", "JobHost", "hosts_of", "plan_deployment"]


@dataclass(frozen=True)
class JobHost:
    """A registration of a task manager and the workers that a job has there."""

    task_manager: TaskManagerId
    instance: int
    workers: tuple[int, ...]


@dataclass(frozen=True)
class JobDeployment:
    """All that is told before a job runs.

    Attributes
    ----------
    hosts : tuple of JobHost
        Where the job runs.
    plans : tuple of HostPlan
        For each host.
    listens : mapping
        For workers that others connect to.
    deploys : tuple of Deploy
        For each worker.
    placement : Placement
        Which worker runs what.
    offers : tuple of WorkerOffer
        What it was made for.
    """

    hosts: tuple[JobHost, ...]
    plans: tuple[HostPlan, ...]
    listens: Mapping[int, Listen]
    deploys: tuple[Deploy, ...]
    placement: Placement
    offers: tuple[WorkerOffer, ...]


def hosts_of(slots: Sequence[SlotAddress]) -> tuple[JobHost, ...]:
    """Give each slot a worker, numbered from 0 over the hosts of a job."""
    counts: dict[tuple[TaskManagerId, int], int] = {}
    for slot in slots:
        key = (slot.task_manager, slot.instance)
        counts[key] = counts.get(key, 0) + 1
    hosts: list[JobHost] = []
    first = 0
    for key, count in counts.items():
        hosts.append(JobHost(*key, tuple(range(first, first + count))))
        first += count
    return tuple(hosts)


def plan_deployment(
    job: SubmitJob,
    job_graph: JobGraph,
    slots: Sequence[SlotAddress],
    attempt: int,
    *,
    is_encrypted: bool,
) -> JobDeployment:
    """Place a job on its slots and say what everybody has to know.

    Parameters
    ----------
    job : SubmitJob
        As it was submitted.
    job_graph : JobGraph
        Its program.
    slots : sequence of SlotAddress
        As many as the job needs.
    attempt : int
        Which attempt to run it this is.
    is_encrypted : bool
        Whether connections between hosts are.
    """
    graph = ExecutionGraph(job_graph)
    hosts = hosts_of(slots)
    host_of = {worker: number for number, host in enumerate(hosts) for worker in host.workers}
    share = -(-graph.required_slots // len(slots))
    offers = tuple(
        WorkerOffer(worker, host.task_manager, share) for host in hosts for worker in host.workers
    )
    placed = place(graph, offers, job.strategy)
    placement = placed.worker_of
    links = join_workers(graph.channels(), placement, host_of, is_encrypted=is_encrypted)
    rings: list[list[Channel]] = [[] for _ in hosts]
    for channel in links.rings:
        rings[host_of[placement[channel.sender]]].append(channel)
    plans = tuple(
        HostPlan(
            list(host.workers),
            [_planned(channel, placement) for channel in channels],
            ring_channel_bytes(len(channels), job.ring_budget_bytes),
            job.program,
            job.dependencies,
        )
        for host, channels in zip(hosts, rings, strict=True)
    )
    deploys = tuple(
        msgspec.structs.replace(
            deploy_message(job_graph, placement, worker, Dependencies([]), links, attempt),
            import_path=job.import_path,
            folder=job.folder,
            environment={},
            arguments=job.arguments,
        )
        for worker in range(len(slots))
    )
    return JobDeployment(hosts, plans, links.listens(attempt), deploys, placed, offers)


def _planned(channel: Channel, placement: Mapping[SubtaskId, int]) -> PlannedChannel:
    return PlannedChannel(
        channel.edge,
        channel.sender.vertex,
        channel.sender.index,
        placement[channel.sender],
        channel.receiver.vertex,
        channel.receiver.index,
        placement[channel.receiver],
    )
