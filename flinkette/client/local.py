"""A job on worker processes of this machine; its master is the calling process."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette._native.lent import retain
from flinkette.client.job import Job
from flinkette.client.settings import deploy_options
from flinkette.cluster.dependencies import Dependencies
from flinkette.cluster.job_links import join_workers
from flinkette.cluster.job_machine import JobPhase
from flinkette.cluster.job_master import JobMaster, deploy_message
from flinkette.cluster.messages import Output
from flinkette.cluster.payload import make_payload
from flinkette.cluster.worker_pool import WorkerPool
from flinkette.cluster.worker_process import collecting_sinks
from flinkette.contracts import options
from flinkette.contracts.errors import WorkerLostError
from flinkette.exchange.ring_channel import RingReceiver, ring_channel_bytes
from flinkette.metrics.figures import JobFigures
from flinkette.metrics.task_counts import Counts
from flinkette.plan.execution_graph import ExecutionGraph, SubtaskId
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import local_workers
from flinkette.runtime.clock import SystemClock

if TYPE_CHECKING:
    from flinkette.connectors.collect import ResultBuffer
    from flinkette.contracts.config import Configuration
    from flinkette.plan.job_graph import JobGraph

__all__ = ["LocalJob"]

WAIT_S = 0.1


class LocalJob(Job):
    """Subtasks run in worker processes; the thread that steps the job is their master."""

    def __init__(
        self,
        job_graph: JobGraph,
        configuration: Configuration,
        job_name: str,
        num_workers: int,
    ) -> None:
        super().__init__(job_name)
        self._job_graph = job_graph
        self._settings = deploy_options(
            configuration, SystemClock(), is_bounded=job_graph.is_bounded
        )
        self._num_workers = num_workers
        self._ring_budget_bytes = configuration.get(options.NETWORK_MEMORY)
        self._strategy = configuration.get(options.SCHEDULER_STRATEGY)
        self._configuration = configuration
        self._uses_rings = configuration.get(options.EXCHANGE_TRANSPORT) == "ring"
        self._dependencies: Dependencies | None = None
        self._pool: WorkerPool | None = None
        self._master: JobMaster | None = None
        self._results: list[tuple[RingReceiver, ResultBuffer]] = []

    @property
    def processes(self) -> dict[int, int]:
        """Process id of each worker; empty before the first step."""
        return {} if self._pool is None else self._pool.processes

    def _advance(self) -> bool:
        if self._master is None:
            self._master = self._deploy()
        self._turn(self._master)
        if self._master.phase is JobPhase.FAILED:
            assert self._master.failure is not None
            raise self._master.failure
        # results may still be in the rings when the last worker is done
        return self._master.phase is JobPhase.FINISHED and not self._has_results()

    def stop(self) -> None:
        if self._master is not None:
            self._master.stop()

    def counts(self) -> Counts:
        return Counts() if self._master is None else self._master.metrics.counts

    def figures(self) -> JobFigures:
        return JobFigures() if self._master is None else self._master.metrics.figures()

    def _release(self) -> None:
        try:
            if self._master is not None:
                self._master.cancel()
                while not self._master.phase.is_final:
                    self._turn(self._master)
        finally:
            for receiver, _ in self._results:
                receiver.close()
            self._results.clear()
            if self._pool is not None:
                self._pool.close()
            if self._dependencies is not None:
                self._dependencies.remove()

    def _deploy(self) -> JobMaster:
        """Start workers, join them, and tell them what to build."""
        self._dependencies = dependencies = Dependencies.prepare(self._configuration)
        workers = range(self._num_workers)
        self._pool = pool = WorkerPool(workers, make_payload(self._job_graph, self._settings))
        graph = ExecutionGraph(self._job_graph)
        offers = local_workers(self._num_workers, graph.required_slots)
        placed = place(graph, offers, self._strategy)
        if placed.note:
            print(f"flinkette: {placed.note}", file=sys.stderr)
        placement = placed.worker_of
        sinks = collecting_sinks(self._job_graph)
        # without rings each worker is as far away as another host
        host_of = {worker: 0 if self._uses_rings else worker for worker in workers}
        links = join_workers(graph.channels(), placement, host_of)
        ring_bytes = ring_channel_bytes(len(links.rings) + len(sinks), self._ring_budget_bytes)
        pool.join(links.rings, placement, ring_bytes)
        for number, (vertex, sink) in enumerate(sinks):
            subtasks = (SubtaskId(vertex.index, index) for index in range(vertex.parallelism))
            for worker in sorted({placement[subtask] for subtask in subtasks}):
                memory = pool.join_client(worker, number, ring_bytes)
                receiver = RingReceiver(memory, pool.bell_of(worker).ring)
                self._results.append((receiver, sink.buffer))
        deploys = [
            deploy_message(self._job_graph, placement, worker, dependencies, links)
            for worker in workers
        ]
        master = JobMaster(self._job_graph, deploys, links.listens(attempt=0), pool)
        master.metrics.placed(placed, offers)
        master.begin()
        return master

    def _turn(self, master: JobMaster) -> None:
        """Wait for a moment, then take what came."""
        assert self._pool is not None
        has_rows = self._take_results()
        for worker, message in self._pool.receive(0 if has_rows else WAIT_S):
            if isinstance(message, Output):
                stream = sys.stderr if message.is_error else sys.stdout
                stream.write(message.text)
                stream.flush()
            else:
                master.handle(worker, message)
        self._take_results()
        master.on_time()

    def _take_results(self) -> bool:
        """Move rows of collecting sinks to the program, as far as it has room."""
        has_taken = False
        for receiver, buffer in self._results:
            # a worker that is gone is the master's to tell
            with suppress(WorkerLostError):
                while not buffer.is_full and (element := receiver.poll()) is not None:
                    if isinstance(element, Batch):
                        # the program may keep it for as long as it likes
                        buffer.put(retain(element))
                    has_taken = True
        return has_taken

    def _has_results(self) -> bool:
        return any(not receiver.is_empty() for receiver, _ in self._results)
