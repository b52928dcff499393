"""Rows of a job wait in the JobManager for the client that it came from, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from flinkette.cluster import control_messages as control
from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster.dispatcher_state import Job, JobPhase
from flinkette.cluster.identifiers import JobId
from flinkette.cluster.job_manager_answers import COLLECTING_NEWS_S, HOLD_S, NEWS_S, ClientDesk
from flinkette.cluster.mailed_rows import WINDOW_BYTES
from flinkette.cluster.messages import Rows, RowsTaken
from flinkette.cluster.rpc import Received
from flinkette.contracts.job import JobStatus

JOB, CLIENT = JobId("0" * 32), b"client"


class Delivery:
    """A client desk with one attached job, and what it tells whom."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.is_client_there = True
        self.answers: list[Any] = []
        self.refusals: list[str] = []
        self.told: list[Any] = []
        self.grants: list[tuple[int, RowsTaken]] = []
        self.posted: list[Any] = []
        self.jobs = {JOB: Job(JOB, "n", 0, 0, phase=JobPhase.RUNNING)}
        runner = SimpleNamespace(
            metrics=lambda job_id: None,
            failures={},
            rows_taken=lambda job_id, worker, taken: self.grants.append((worker, taken)),
            forget=lambda job_id: None,
        )
        manager = SimpleNamespace(
            dispatcher=SimpleNamespace(jobs=self.jobs),
            runner=runner,
            now_ms=lambda: 7,
            post=self.posted.append,
        )
        self.desk = ClientDesk(manager, self, lambda: self.now_s)  # type: ignore[arg-type]
        submission = control.SubmitJob(job_id=JOB, name="n", program=b"", is_attached=True)
        self.desk.take(Received(CLIENT, submission, call=1))
        self.answers.clear()
        self.posted.clear()

    # as the desk sees its server

    def answer(self, question: Received, message: Any) -> bool:
        self.answers.append(message)
        return self.is_client_there

    def refuse(self, question: Received, reason: str) -> bool:
        self.refusals.append(reason)
        return True

    def tell(self, peer: bytes, message: Any) -> bool:
        assert peer == CLIENT
        self.told.append(message)
        return self.is_client_there

    # what happens

    def fetch(self, peer: bytes = CLIENT) -> None:
        self.desk.take(Received(peer, control.FetchRows(job_id=JOB), call=2))
        self.desk.on_time()

    def rows(self, *payloads: bytes) -> None:
        for payload in payloads:
            self.desk.on_rows(JOB, 3, Rows(0, 16, 0, payload))

    def end(self, phase: JobPhase) -> None:
        self.jobs[JOB] = replace(self.jobs[JOB], phase=phase)
        self.desk.tell_clients(jobs.PublishStatus(JOB, JobStatus[phase.name]))

    def taken(self) -> list[bytes]:
        return [frame.rows.payload for answer in self.answers for frame in answer.frames]


def test_rows_that_are_there_are_handed_out_at_once_and_the_worker_hears_of_it() -> None:
    delivery = Delivery()
    delivery.rows(b"one", b"two")
    delivery.fetch()
    assert delivery.taken() == [b"one", b"two"]
    assert not delivery.answers[0].is_over
    ((worker, granted),) = delivery.grants
    assert (worker, granted.sink) == (3, 0)
    assert granted.granted_bytes == WINDOW_BYTES + sum(64 + len(each) for each in (b"one", b"two"))


def test_who_asks_too_early_waits_for_rows_for_a_moment() -> None:
    delivery = Delivery()
    delivery.fetch()
    assert delivery.answers == []
    delivery.rows(b"one")
    delivery.desk.on_time()
    assert delivery.taken() == [b"one"]
    delivery.fetch()
    delivery.now_s += HOLD_S + 0.1
    delivery.desk.on_time()
    assert delivery.answers[-1] == control.JobRows(frames=[], is_over=False)


def test_rows_of_a_finished_job_wait_even_if_the_job_is_forgotten() -> None:
    delivery = Delivery()
    delivery.rows(b"last")
    delivery.end(JobPhase.FINISHED)
    del delivery.jobs[JOB]
    delivery.desk.tell_clients(jobs.ForgetJob(JOB))
    delivery.now_s += 3600.0
    assert delivery.desk.on_time()
    delivery.fetch()
    assert delivery.taken() == [b"last"]
    assert delivery.answers[-1].is_over
    assert not delivery.desk.on_time()
    delivery.fetch()
    assert delivery.answers[-1] == control.JobRows(frames=[], is_over=True)


@pytest.mark.parametrize("phase", [JobPhase.FAILED, JobPhase.CANCELED])
def test_rows_of_a_job_that_failed_are_dropped(phase: JobPhase) -> None:
    delivery = Delivery()
    delivery.rows(b"half")
    delivery.end(phase)
    assert delivery.told[-1].status == phase.name
    delivery.fetch()
    assert delivery.answers == [control.JobRows(frames=[], is_over=True)]


def test_nobody_else_gets_the_rows() -> None:
    delivery = Delivery()
    delivery.rows(b"mine")
    delivery.fetch(b"stranger")
    assert delivery.refusals == [f"rows of job {JOB} go to the client it came from"]
    delivery.fetch()
    assert delivery.taken() == [b"mine"]


def test_a_client_that_is_gone_ends_its_job() -> None:
    delivery = Delivery()
    delivery.is_client_there = False
    delivery.fetch()
    delivery.rows(b"one")
    delivery.desk.on_time()
    assert delivery.posted == [jobs.CancelRequested(7, JOB)]
    assert not delivery.desk.on_time()
    delivery.rows(b"two")  # on their way when it went
    assert delivery.grants == []


def test_a_client_that_takes_rows_is_told_news_more_seldom() -> None:
    delivery = Delivery()
    delivery.desk.on_time()
    assert len(delivery.told) == 1
    delivery.desk.on_time()
    assert len(delivery.told) == 1
    delivery.now_s += NEWS_S
    delivery.fetch()
    assert len(delivery.told) == 1
    delivery.now_s += COLLECTING_NEWS_S
    delivery.desk.on_time()
    assert len(delivery.told) == 2
