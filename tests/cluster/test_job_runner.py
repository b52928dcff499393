"""A job over two task managers as the JobManager leads it, without task managers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flinkette.client.settings import deploy_options, plan_options
from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster.control_messages import DeployHost, ForWorkers, StopHost, SubmitJob
from flinkette.cluster.identifiers import (
    AllocationId,
    Attempt,
    JobId,
    SlotAddress,
    TaskManagerId,
)
from flinkette.cluster.job_messages import ForHost, HostPlan, TellWorker, WorkerGone, WorkerSaid
from flinkette.cluster.job_runner import MasterRunner
from flinkette.cluster.messages import (
    Cancel,
    Closed,
    Commit,
    Committed,
    Deploy,
    Deployed,
    Ended,
    Listen,
    Listening,
    Rows,
    RowsTaken,
    Run,
)
from flinkette.cluster.payload import make_program
from flinkette.common import Configuration
from flinkette.contracts.job import JobStatus
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.submission import graph_to_submit
from flinkette.plan.job_graph import build_job_graph
from flinkette.runtime.clock import SystemClock

JOB, FIRST = JobId("0" * 32), Attempt(1)
X, Y = TaskManagerId("x"), TaskManagerId("y")
SLOTS = tuple(
    SlotAddress(name, 1, slot, AllocationId(number), "h")
    for number, (name, slot) in enumerate([(X, 0), (X, 1), (Y, 0)])
)


def program() -> bytes:
    env = StreamExecutionEnvironment.get_execution_environment()
    configuration = Configuration().set_integer("parallelism.default", 3)
    values = env.from_collection([1, 2]).map(lambda value: value)
    values.key_by(lambda value: value).map(lambda value: value).print()
    job_graph = build_job_graph(graph_to_submit(env._stream_graph), plan_options(configuration))
    return make_program(job_graph, deploy_options(configuration, SystemClock(), is_bounded=True))


class Lead:
    """The runner with a job on its way, and everything it said."""

    def __init__(self, *, is_encrypted: bool = False) -> None:
        self.told: list[tuple[TaskManagerId, Any]] = []
        self.events: list[jobs.DispatcherEvent] = []
        self.rows: list[tuple[int, Rows]] = []
        self.runner = MasterRunner(
            lambda name, message: self.told.append((name, message)),
            self.events.append,
            lambda job_id, output: None,
            lambda job_id, worker, rows: self.rows.append((worker, rows)),
            lambda: 7,
            is_encrypted=is_encrypted,
        )
        job = SubmitJob(job_id=JOB, name="n", program=program(), arguments=["job.py"])
        assert self.runner.plan(job) == 3
        self.runner.start(JOB, FIRST, SLOTS)

    def take(self) -> list[tuple[TaskManagerId, Any]]:
        """Return what was told since, orders of workers as (task manager, (worker, message))."""
        told, self.told = self.told, []
        found: list[tuple[TaskManagerId, Any]] = []
        for name, message in told:
            if isinstance(message, ForWorkers):
                order = msgspec.msgpack.decode(message.payload, type=ForHost)
                if isinstance(order, TellWorker):
                    found.append((name, (order.worker, order.message)))
            else:
                found.append((name, message))
        return found

    def say(self, worker: int, message: Any) -> None:
        payload = msgspec.msgpack.encode(WorkerSaid(worker, message))
        self.runner.host_says(JOB, FIRST, payload)

    def listen(self) -> list[tuple[TaskManagerId, Any]]:
        self.take()
        self.say(0, Listening(["tcp://h:1"]))
        self.say(1, Listening(["tcp://h:2"]))
        return self.take()

    def run(self) -> None:
        self.listen()
        for worker in range(3):
            self.say(worker, Deployed())


def test_hosts_are_told_first_then_the_workers_that_others_connect_to() -> None:
    lead = Lead()
    (x, first), (y, second), *listens = lead.take()
    assert (x, y) == (X, Y)
    assert isinstance(first, DeployHost)
    plans = [msgspec.msgpack.decode(each.payload, type=HostPlan) for each in (first, second)]
    assert [plan.workers for plan in plans] == [[0, 1], [2]]
    rings = [(each.sender_worker, each.receiver_worker) for each in plans[0].channels]
    assert sorted(set(rings)) == [(0, 1), (1, 0)]
    assert not plans[1].channels
    assert [(name, worker, message.peers) for name, (worker, message) in listens] == [
        (X, 0, [2]),
        (X, 1, [2]),
    ]
    assert all(isinstance(message, Listen) for _, (_, message) in listens)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_everybody_is_deployed_when_all_listen_and_knows_where(is_encrypted: bool) -> None:
    lead = Lead(is_encrypted=is_encrypted)
    deploys = [(name, *order) for name, order in lead.listen()]
    assert [(name, worker) for name, worker, _ in deploys] == [(X, 0), (X, 1), (Y, 2)]
    messages = [message for _, _, message in deploys]
    assert all(isinstance(each, Deploy) for each in messages)
    assert [each.addresses for each in messages] == [{}, {}, {0: "tcp://h:1", 1: "tcp://h:2"}]
    assert [each.keys is not None for each in messages] == [is_encrypted] * 3
    assert messages[0].token == messages[2].token
    assert messages[0].arguments == ["job.py"]


def test_a_job_is_finished_when_all_have_committed_whoever_goes_first() -> None:
    lead = Lead()
    lead.run()
    assert [order for _, order in lead.take()] == [(worker, Run()) for worker in range(3)]
    for worker in range(3):
        lead.say(worker, Ended())
    assert [order for _, order in lead.take()] == [(worker, Commit()) for worker in range(3)]
    lead.say(2, Committed())
    lead.runner.host_stopped(JOB, FIRST, Y, "")  # its only worker has ended in order
    lead.say(0, Committed())
    lead.say(1, Committed())
    assert [name for name, message in lead.take() if isinstance(message, StopHost)] == [X, Y]
    ended = lead.events[-1]
    assert isinstance(ended, jobs.JobEnded)
    assert (ended.status, ended.reason) == (JobStatus.FINISHED, "")


def test_a_lost_task_manager_cancels_the_workers_of_the_others() -> None:
    lead = Lead()
    lead.run()
    lead.take()
    lead.runner.slots_lost(JOB, FIRST, SLOTS[2:], "task manager y on h: the connection was lost")
    assert lead.take() == [(X, (0, Cancel())), (X, (1, Cancel()))]
    lead.say(0, Closed())
    lead.say(1, Closed())
    ended = lead.events[-1]
    assert isinstance(ended, jobs.JobEnded)
    assert ended.status is JobStatus.FAILED
    assert ended.reason == "task manager y on h: the connection was lost"
    assert [name for name, message in lead.take() if isinstance(message, StopHost)] == [X, Y]


def test_a_worker_that_is_gone_is_named_with_its_task_manager() -> None:
    lead = Lead()
    lead.run()
    gone = msgspec.msgpack.encode(WorkerGone(2, "worker 2 (process 9) is gone"))
    lead.runner.host_says(JOB, FIRST, gone)
    lead.runner.host_stopped(JOB, FIRST, X, "stopped by a signal")
    assert lead.events[-1].reason == "worker 2 (process 9) is gone, on task manager y"


def test_rows_pass_by_and_what_is_taken_is_told_to_their_worker() -> None:
    lead = Lead()
    lead.run()
    lead.take()
    lead.say(2, Rows(0, 16, 0, b"x"))
    assert lead.rows == [(2, Rows(0, 16, 0, b"x"))]
    lead.runner.rows_taken(JOB, 2, RowsTaken(0, 99))
    assert lead.take() == [(Y, (2, RowsTaken(0, 99)))]
