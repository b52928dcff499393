"""A job as its client sees it: stepped by whoever holds it, or by a thread of its own."""

from __future__ import annotations

import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flinkette.client.interrupt import Interrupt
from flinkette.contracts.errors import JobCancelledError, UnsupportedFeatureError
from flinkette.contracts.job import (
    CompletableFuture,
    JobClient,
    JobExecutionResult,
    JobID,
    JobStatus,
)
from flinkette.metrics.accumulators import merged

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.client.progress import Progress
    from flinkette.metrics.figures import JobFigures
    from flinkette.metrics.task_counts import Counts

__all__ = ["Job", "ThreadedJobClient"]


class Job(ABC):
    """A job that runs when `step` is called. One thread at a time.

    Life: `step` until it returns False or raises; `close` in any case. A job that is closed
    before it finished is cancelled: its sinks drop what they have not committed.
    """

    def __init__(self, name: str) -> None:
        self.job_id = JobID(os.urandom(16).hex())
        self.name = name
        self.status = JobStatus.CREATED
        self.started_s = time.monotonic()
        self.details_command = ""
        """What shows more of the job, if anything does."""
        self._is_closed = False

    def step(self) -> bool:
        """Run for a moment; sleep when there is nothing to do. False when the job has finished."""
        if self._is_closed:
            return False
        try:
            self.status = JobStatus.RUNNING
            is_finished = self._advance()
        except BaseException:
            self.status = JobStatus.FAILED
            self._close_quietly()
            raise
        if not is_finished:
            return True
        self.status = JobStatus.FINISHED
        self.close()
        return False

    @abstractmethod
    def _advance(self) -> bool:
        """Run for a moment; return whether everything has ended and was committed."""

    @abstractmethod
    def stop(self) -> None:
        """End the sources where they are; stepping on finishes the job with what was read."""

    @abstractmethod
    def counts(self) -> Counts:
        """Tell what the job did so far."""

    @abstractmethod
    def figures(self) -> JobFigures:
        """Tell what its operators did so far. Any thread."""

    @abstractmethod
    def _release(self) -> None:
        """Give back everything, committed or not."""

    def close(self) -> None:
        """Release everything; a job that has not finished is cancelled."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.status in (JobStatus.CREATED, JobStatus.RUNNING):
            self.status = JobStatus.CANCELED
        self._release()

    def _close_quietly(self) -> None:
        """Close after a failure: the failure itself is what the caller must see."""
        try:
            self.close()
        except Exception as error:
            print(f"flinkette: while closing the failed job: {error}", file=sys.stderr)

    def run(self, progress: Progress) -> None:
        """Run to the end. Ctrl-C ends the sources, finishes with what was read, and reports.

        A second Ctrl-C ends the job at once, as a failure does.
        """
        try:
            with Interrupt() as interrupt:
                while self.step():
                    progress.update(self)
                    if interrupt.is_new():
                        self.stop()
            progress.clear()
            if interrupt.was_seen or progress.was_shown:
                progress.summarise(self, is_interrupted=interrupt.was_seen)
        finally:
            progress.clear()
            self.close()

    def result(self) -> JobExecutionResult:
        """Describe the finished job."""
        runtime_ms = int((time.monotonic() - self.started_s) * 1000)
        figures = self._figures_at_end()
        return JobExecutionResult(
            self.job_id, runtime_ms, lambda: merged(figures().accumulators), figures
        )

    def _figures_at_end(self) -> Callable[[], JobFigures]:
        """Return what gives the final figures without keeping the job."""
        figures = self.figures()
        return lambda: figures


class ThreadedJobClient(JobClient):
    """Handle of a job that is stepped by a thread of this process. Any thread may call it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._wanted: str | None = None
        self._result: CompletableFuture[JobExecutionResult] = CompletableFuture()
        self._thread = threading.Thread(target=self._run, name=f"flinkette {job.name}", daemon=True)
        self._thread.start()

    def get_job_id(self) -> JobID:
        return self._job.job_id

    def get_job_status(self) -> CompletableFuture[JobStatus]:
        return CompletableFuture.completed(self._job.status)

    def cancel(self) -> CompletableFuture[None]:
        """Cancel the job; the future is done when its sinks have dropped what was not committed."""
        self._wanted = "cancel"
        return self._after_end()

    def stop_with_savepoint(
        self,
        advance_to_end_of_event_time: bool,  # noqa: FBT001 - PyFlink's signature
        savepoint_directory: str | None = None,
    ) -> CompletableFuture[str]:
        raise UnsupportedFeatureError(
            "stop_with_savepoint: savepoints come with checkpointing; call stop() to end the "
            "sources and commit what was read, or cancel()"
        )

    def trigger_savepoint(self, savepoint_directory: str | None = None) -> CompletableFuture[str]:
        raise UnsupportedFeatureError("trigger_savepoint: savepoints come with checkpointing")

    def stop(self) -> CompletableFuture[None]:
        """End the sources; the future is done when what was read is processed and committed."""
        self._wanted = "stop"
        return self._after_end()

    def get_accumulators(self) -> CompletableFuture[dict[str, Any]]:
        """Return what the accumulators hold now; those of workers are half a second old."""
        asked: CompletableFuture[dict[str, Any]] = CompletableFuture()
        try:
            asked.complete(merged(self._job.figures().accumulators))
        except Exception as error:
            asked.complete_exceptionally(error)
        return asked

    def get_job_execution_result(self) -> CompletableFuture[JobExecutionResult]:
        return self._result

    def figures(self) -> JobFigures:
        """Tell what the job's operators did so far."""
        return self._job.figures()

    def _after_end(self) -> CompletableFuture[None]:
        ended: CompletableFuture[None] = CompletableFuture()
        self._result.add_done_callback(lambda _: ended.complete(None))
        return ended

    def _cancel(self) -> None:
        self._job.close()
        raise JobCancelledError(f"job {self._job.name!r} ({self._job.job_id}) was cancelled")

    def _run(self) -> None:
        job = self._job
        try:
            while job.step():
                if self._wanted == "cancel":
                    self._cancel()
                if self._wanted == "stop":
                    self._wanted = None
                    job.stop()
        except BaseException as error:
            self._result.complete_exceptionally(error)
        else:
            self._result.complete(job.result())
