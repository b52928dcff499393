"""What the JobManager does for clients: takes jobs, answers questions, follows attached jobs."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from flinkette.cluster import control_messages as control
from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster.dispatcher_state import JobPhase
from flinkette.cluster.identifiers import JobId
from flinkette.cluster.job_queue import waiting_text
from flinkette.cluster.mailed_rows import ResultQueue
from flinkette.cluster.messages import RowsTaken
from flinkette.cluster.remote_errors import encode_error
from flinkette.contracts.errors import FlinketteError
from flinkette.metrics.task_counts import Counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.cluster.dispatcher_state import Job
    from flinkette.cluster.job_manager import JobManager
    from flinkette.cluster.messages import Rows
    from flinkette.cluster.rpc import Received
    from flinkette.cluster.rpc_server import Server

__all__ = ["ClientDesk"]

log = logging.getLogger(__name__)
ANSWER_BYTES = 4 << 20
"""Rows in one answer, about; a message has at most 64 MiB."""
HOLD_S = 0.3
"""How long a client that asks for rows waits for the first of them."""
NEWS_S = 0.5
COLLECTING_NEWS_S = 10.0
"""A program that takes rows may be busy with them for hours, and reads no news meanwhile."""


class ClientDesk:
    """Serves the clients of one JobManager.

    Parameters
    ----------
    manager : JobManager
        What is asked about.
    server : Server
        Takes answers.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, manager: JobManager, server: Server, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._manager = manager
        self._server = server
        self._submitted: dict[JobId, control.SubmitJob] = {}
        self._attached: dict[JobId, bytes] = {}
        """Clients that follow a job, until it is over and they have its rows."""
        self._results: dict[JobId, ResultQueue] = {}
        self._asking: dict[JobId, tuple[Received, float]] = {}
        """Who asks for rows, and since when."""
        self._intervals: dict[JobId, float] = {}
        self._told_s: dict[JobId, float] = {}

    def take(self, question: Received) -> None:
        """Answer a client."""
        message = question.message
        match message:
            case control.SubmitJob():
                self._submit(question, message)
            case control.CancelJob() | control.StopJob():
                self._end(question, message)
            case control.ListJobs():
                self._server.answer(question, control.JobList(jobs=self._lines()))
            case control.DescribeJob():
                self._describe(question, JobId(message.job_id))
            case control.FetchRows():
                self._fetch(question, JobId(message.job_id))
            case control.MeasureJob():
                self._measure(question, JobId(message.job_id))
            case control.DescribeCluster():
                self._server.answer(question, self._status())
            case control.StopCluster():
                self._server.answer(question, control.Done(text=f"{os.getpid()}"))
                self._manager.stop_cluster()

    def _submit(self, question: Received, job: control.SubmitJob) -> None:
        job_id = JobId(job.job_id)
        self._submitted[job_id] = job
        if job.is_attached:
            self._attached[job_id] = question.peer
        self._server.answer(question, control.Done())
        log.info("job %s (%s) was submitted", job.name, job_id)
        self._manager.post(
            jobs.JobSubmitted(
                self._manager.now_ms(), job_id, job.name, job.priority, job.share_group
            )
        )

    def plan(self, job_id: JobId) -> None:
        """Work out what a job needs."""
        now_ms = self._manager.now_ms()
        try:
            slots = self._manager.runner.plan(self._submitted.pop(job_id))
        except Exception as error:
            self._manager.runner.failures[job_id] = encode_error(error)
            text = str(error) if isinstance(error, FlinketteError) else repr(error)
            reason = f"the program cannot be read by the JobManager: {text}"
            self._manager.post(jobs.PlanFailed(now_ms, job_id, reason))
        else:
            self._manager.post(jobs.JobPlanned(now_ms, job_id, slots))

    def _end(self, question: Received, message: control.CancelJob | control.StopJob) -> None:
        job = self._manager.dispatcher.jobs.get(JobId(message.job_id))
        if job is None:
            self._server.refuse(question, f"there is no job {message.job_id}; see: flinkette list")
            return
        if job.phase.is_over:
            self._server.refuse(question, f"job {job.job_id} is {job.status.name} already")
            return
        if isinstance(message, control.CancelJob):
            self._manager.post(jobs.CancelRequested(self._manager.now_ms(), job.job_id))
        elif job.phase is JobPhase.RUNNING:
            self._manager.runner.stop_sources(job.job_id)
        else:
            self._server.refuse(question, f"job {job.job_id} is {job.status.name}, not RUNNING")
            return
        self._server.answer(question, control.Done())

    def _describe(self, question: Received, job_id: JobId) -> None:
        job = self._manager.dispatcher.jobs.get(job_id)
        if job is None:
            self._server.refuse(question, f"there is no job {job_id}; see: flinkette list")
        else:
            self._server.answer(question, control.JobList(jobs=[self._line(job)]))

    def _measure(self, question: Received, job_id: JobId) -> None:
        job = self._manager.dispatcher.jobs.get(job_id)
        if job is None:
            self._server.refuse(question, f"there is no job {job_id}; see: flinkette list")
            return
        metrics = self._manager.runner.metrics(job_id)
        self._server.answer(
            question,
            control.JobMeasured(
                job=self._line(job),
                figures=job.figures if metrics is None else metrics.figures(),
                waited_ms=job.waited_ms,
                now_ms=self._manager.now_ms(),
            ),
        )

    def _lines(self) -> list[control.JobLine]:
        return [self._line(job) for job in self._manager.dispatcher.jobs.values()]

    def _line(self, job: Job) -> control.JobLine:
        counts = self._counts(job)
        return control.JobLine(
            job.job_id,
            job.name,
            job.status.name,
            job.submitted_ms,
            job.slots_needed,
            self._detail(job),
            job.started_ms,
            job.ended_ms,
            counts.rows_in,
            counts.rows_out,
        )

    def _counts(self, job: Job) -> Counts:
        """Return what a job did so far, or until it was over."""
        metrics = self._manager.runner.metrics(job.job_id)
        if metrics is not None:
            return metrics.counts
        return Counts(job.figures.rows_in, job.figures.rows_out, job.figures.watermark_ms)

    def _detail(self, job: Job) -> str:
        if job.phase is JobPhase.QUEUED:
            return waiting_text(self._manager.dispatcher, job, self._manager.now_ms())
        return job.reason

    def _status(self) -> control.ClusterStatus:
        manager, now_ms = self._manager, self._manager.now_ms()
        return control.ClusterStatus(
            process=os.getpid(),
            started_ms=manager.started_ms,
            total_slots=manager.resources.total_slots,
            free_slots=manager.resources.free_slots,
            task_managers=[
                control.TaskManagerLine(
                    each.task_manager,
                    each.host,
                    manager.processes.get(each.task_manager, 0),
                    len(each.slots),
                    each.free_slots,
                    now_ms - each.heard_ms,
                )
                for each in manager.resources.task_managers.values()
            ],
            jobs=self._lines(),
        )

    def on_time(self) -> bool:
        """Hand out rows, stop jobs whose clients are gone; True while there are attached jobs."""
        for job_id in list(self._asking):
            self._answer_with_rows(job_id)
        now_s = self._clock()
        for job_id, peer in list(self._attached.items()):
            if now_s < self._told_s.get(job_id, 0.0) + self._intervals.get(job_id, NEWS_S):
                continue
            self._told_s[job_id] = now_s
            job = self._manager.dispatcher.jobs.get(job_id)
            if not self._server.tell(peer, control.Knock() if job is None else self._news(job)):
                log.warning("the client of job %s is gone: the job is cancelled", job_id)
                self._give_up(job_id)
        return bool(self._attached)

    def _give_up(self, job_id: JobId) -> None:
        """Cancel a job, if it is not over: nobody waits for it any more."""
        self._let_go(job_id)
        self._manager.post(jobs.CancelRequested(self._manager.now_ms(), job_id))

    def _let_go(self, job_id: JobId) -> None:
        self._attached.pop(job_id, None)
        self._results.pop(job_id, None)
        self._intervals.pop(job_id, None)
        self._told_s.pop(job_id, None)

    def on_rows(self, job_id: JobId, worker: int, rows: Rows) -> None:
        """Keep rows of a collecting sink until the client asks for them."""
        if job_id in self._attached:
            self._results.setdefault(job_id, ResultQueue()).add(worker, rows)

    def _fetch(self, question: Received, job_id: JobId) -> None:
        if self._attached.get(job_id, question.peer) != question.peer:
            self._server.refuse(question, f"rows of job {job_id} go to the client it came from")
            return
        self._asking[job_id] = (question, self._clock())
        if job_id in self._attached:
            self._intervals[job_id] = COLLECTING_NEWS_S

    def _answer_with_rows(self, job_id: JobId) -> None:
        """Answer whoever asks for rows, if there are some, will be none, or he has waited."""
        question, since_s = self._asking[job_id]
        job = self._manager.dispatcher.jobs.get(job_id)
        results = self._results.get(job_id, ResultQueue())
        is_over = job is None or job.phase.is_over  # a job is forgotten when it is over
        if not (results or is_over or self._clock() - since_s > HOLD_S):
            return
        del self._asking[job_id]
        frames, grants = results.take(ANSWER_BYTES)
        has_all = is_over and not results
        if not self._server.answer(question, control.JobRows(frames=frames, is_over=has_all)):
            # it would miss these: what it has is not what the job made
            log.warning("the client of job %s does not take its rows", job_id)
            self._give_up(job_id)
            return
        for worker, sink, granted_bytes in grants:
            self._manager.runner.rows_taken(job_id, worker, RowsTaken(sink, granted_bytes))
        if has_all:
            self._let_go(job_id)

    def tell_clients(self, order: Any) -> None:
        """Tell the client of a job what became of it, and the log of every job."""
        if isinstance(order, jobs.PublishStatus):
            log.info("job %s is %s %s", order.job_id, order.status.name, order.reason)
            job, peer = self._manager.dispatcher.jobs.get(order.job_id), None
            if job is not None:
                peer = self._attached.get(order.job_id)
            if job is not None and peer is not None:
                self._server.tell(peer, self._news(job))
                # rows of a job that failed are not for use
                has_rows = job.phase is JobPhase.FINISHED and self._results.get(job.job_id)
                if job.phase.is_over and not has_rows:
                    self._let_go(job.job_id)
        elif isinstance(order, jobs.PublishSummary):
            log.info("%s", _summary_text(order.summary))
        elif isinstance(order, jobs.ForgetJob):
            self._manager.runner.forget(order.job_id)

    def on_output(self, job_id: JobId, output: Any) -> None:
        """Hand what user code printed to the client, or to our own output if there is none."""
        peer = self._attached.get(job_id)
        if peer is not None:
            self._server.tell(
                peer,
                control.JobOutput(job_id=job_id, is_error=output.is_error, text=output.text),
            )
            return
        stream = sys.stderr if output.is_error else sys.stdout
        stream.write(output.text)
        stream.flush()

    def _news(self, job: Job) -> control.JobChanged:
        line = self._line(job)
        has_failed = job.phase is JobPhase.FAILED
        return control.JobChanged(
            job_id=job.job_id,
            status=line.status,
            detail=line.detail,
            rows_in=line.rows_in,
            rows_out=line.rows_out,
            watermark_ms=self._counts(job).watermark_ms,
            error=self._manager.runner.failures.get(job.job_id) if has_failed else None,
        )


def _summary_text(summary: jobs.JobSummary) -> str:
    """Write what became of a job in one line of the log."""
    figures = summary.figures
    operators = "; ".join(
        f"{each.name}: {each.rows_in} rows in, {each.rows_out} out, {each.busy_ms} ms"
        for vertex in figures.vertices
        for each in vertex.operators
    )
    return (
        f"job {summary.name} ({summary.job_id}) is {summary.status.name}: waited "
        f"{summary.waited_ms} ms, ran {summary.ran_ms} ms in {summary.attempts} attempts on "
        f"{summary.slots} slots, {figures.rows_in} rows in, {figures.rows_out} out; {operators}"
    )
