"""A running or finished job as its caller sees it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.errors import InvalidTypeError, UnsupportedFeatureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CompletableFuture", "JobClient", "JobExecutionResult", "JobID", "JobStatus"]

T = TypeVar("T")


class JobStatus(Enum):
    """Where a job is in its life."""

    CREATED = 0
    """Submitted, nothing runs yet."""
    RUNNING = 1
    """Some of it runs."""
    FAILING = 2
    """It failed and its parts are being stopped."""
    FAILED = 3
    """It ended with an error."""
    CANCELLING = 4
    """It was cancelled and its parts are being stopped."""
    CANCELED = 5
    """It ended because it was cancelled."""
    FINISHED = 6
    """It came to its end."""
    RESTARTING = 7
    """It failed and is about to start anew."""
    SUSPENDED = 8
    """It stopped here and may go on under another leader."""
    RECONCILING = 9
    """It was taken over and its parts are being found."""

    def is_globally_terminal_state(self) -> bool:
        """Tell whether the job is over for good."""
        return self in (JobStatus.FAILED, JobStatus.CANCELED, JobStatus.FINISHED)

    def is_terminal_state(self) -> bool:
        """Tell whether nothing more happens here."""
        return self.is_globally_terminal_state() or self is JobStatus.SUSPENDED


class JobID:
    """Names a job; its text is 32 hexadecimal digits.

    Parameters
    ----------
    text : str
        The digits.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise InvalidTypeError(f"a JobID is made of text, got {text!r}")
        self._text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobID) and self._text == other._text

    def __hash__(self) -> int:
        return hash(("JobID", self._text))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"JobID({self._text!r})"


class JobExecutionResult:
    """What is known of a job that came to its end.

    Parameters
    ----------
    job_id : JobID
        The job.
    net_runtime_ms : int
        How long it ran, in ms.
    accumulators : dict or callable, optional
        Its accumulators, or what returns them.
    figures : callable, optional
        Returns what its operators did; `flinkette.ext.job_figures` asks.
    """

    def __init__(
        self,
        job_id: JobID,
        net_runtime_ms: int,
        accumulators: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
        figures: Callable[[], Any] | None = None,
    ) -> None:
        self._job_id = job_id
        self._net_runtime_ms = net_runtime_ms
        self._accumulators = accumulators or {}
        self._figures = figures

    def get_job_id(self) -> JobID:
        """Return the job's id."""
        return self._job_id

    def get_net_runtime(self) -> int:
        """Return how long it ran, in ms."""
        return self._net_runtime_ms

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """Return an accumulator, None if there is none of the name."""
        return self.get_all_accumulator_results().get(accumulator_name)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        """Return all accumulators by name."""
        known = self._accumulators
        return dict(known() if callable(known) else known)

    def __str__(self) -> str:
        return (
            f"Program execution finished\nJob with JobID {self._job_id} has finished.\n"
            f"Job Runtime: {self._net_runtime_ms} ms\n"
        )


class CompletableFuture(Generic[T]):
    """A value that will be known later. Any thread may wait for it; one completes it, once."""

    def __init__(self) -> None:
        # at first use, because it loads threading and logging
        from concurrent.futures import Future

        self._future: Future[T] = Future()

    @classmethod
    def completed(cls, value: T) -> CompletableFuture[T]:
        """Return a future that is done with `value`."""
        future = cls()
        future.complete(value)
        return future

    def complete(self, value: T) -> bool:
        """Set the value; False if the future was done before."""
        if self._future.done():
            return False
        self._future.set_result(value)
        return True

    def complete_exceptionally(self, error: BaseException) -> bool:
        """Set the reason why there is no value; False if the future was done before."""
        if self._future.done():
            return False
        self._future.set_exception(error)
        return True

    def add_done_callback(self, callback: Callable[[CompletableFuture[T]], object]) -> None:
        """Call `callback` with this future when it is done, at once if it is."""
        self._future.add_done_callback(lambda _: callback(self))

    def cancel(self) -> bool:
        """Give up waiting; False if the future was done before."""
        return self._future.cancel()

    def cancelled(self) -> bool:
        """Tell whether `cancel` ended it."""
        return self._future.cancelled()

    def done(self) -> bool:
        """Tell whether there is a value or an error."""
        return self._future.done()

    def result(self) -> T:
        """Wait for the value; raises the error if there is one instead."""
        return self._future.result()

    def exception(self) -> BaseException | None:
        """Wait for the end and return the error, None if there is a value."""
        return self._future.exception()

    def __str__(self) -> str:
        if not self._future.done():
            return "CompletableFuture[not completed]"
        if self._future.cancelled():
            return "CompletableFuture[cancelled]"
        is_failed = self._future.exception() is not None
        return f"CompletableFuture[completed{' exceptionally' if is_failed else ''}]"


class JobClient(ABC):
    """Handle of a job that was submitted with `execute_async`."""

    @abstractmethod
    def get_job_id(self) -> JobID:
        """Return the job's id."""

    @abstractmethod
    def get_job_status(self) -> CompletableFuture[JobStatus]:
        """Ask where the job is in its life."""

    @abstractmethod
    def cancel(self) -> CompletableFuture[None]:
        """End the job; what was not committed is dropped."""

    def stop_with_savepoint(
        self,
        advance_to_end_of_event_time: bool,
        savepoint_directory: str | None = None,
    ) -> CompletableFuture[str]:
        """End the job after a savepoint and return the savepoint's path.

        Raises
        ------
        UnsupportedFeatureError
            If this kind of job takes no savepoints.
        """
        raise UnsupportedFeatureError(f"{type(self).__name__} takes no savepoints; use cancel()")

    def trigger_savepoint(self, savepoint_directory: str | None = None) -> CompletableFuture[str]:
        """Take a savepoint and return its path.

        Raises
        ------
        UnsupportedFeatureError
            If this kind of job takes no savepoints.
        """
        raise UnsupportedFeatureError(f"{type(self).__name__} takes no savepoints")

    @abstractmethod
    def get_accumulators(self) -> CompletableFuture[dict[str, Any]]:
        """Ask for the accumulators."""

    @abstractmethod
    def get_job_execution_result(self) -> CompletableFuture[JobExecutionResult]:
        """Return a future that is done when the job is; waiting raises what the job failed of."""
