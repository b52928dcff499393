"""Handles of jobs and their futures."""

from __future__ import annotations

import threading

import pytest

from flinkette.contracts.errors import InvalidTypeError, UnsupportedFeatureError
from flinkette.contracts.job import (
    CompletableFuture,
    JobClient,
    JobExecutionResult,
    JobID,
    JobStatus,
)

TEXT = "9d8c4dcbc29c5c0712fcf7e5fdec1612"


def test_terminal_states_are_flinks() -> None:
    terminal = {each.name for each in JobStatus if each.is_terminal_state()}
    assert terminal == {"FAILED", "CANCELED", "FINISHED", "SUSPENDED"}
    final = {each.name for each in JobStatus if each.is_globally_terminal_state()}
    assert final == {"FAILED", "CANCELED", "FINISHED"}


def test_a_job_id_is_its_text() -> None:
    assert str(JobID(TEXT)) == TEXT
    assert JobID(TEXT) == JobID(TEXT)
    assert len({JobID(TEXT), JobID(TEXT)}) == 1
    with pytest.raises(InvalidTypeError, match=r"got 3"):
        JobID(3)  # type: ignore[arg-type]


def test_a_result_prints_as_in_flink() -> None:
    result = JobExecutionResult(JobID(TEXT), 14128, {"rows": 3})
    assert str(result) == (
        f"Program execution finished\nJob with JobID {TEXT} has finished.\nJob Runtime: 14128 ms\n"
    )
    assert result.get_net_runtime() == 14128
    assert result.get_accumulator_result("rows") == 3
    assert result.get_accumulator_result("other") is None
    assert result.get_all_accumulator_results() == {"rows": 3}


def test_a_future_hands_over_a_value_from_another_thread() -> None:
    future: CompletableFuture[int] = CompletableFuture()
    assert not future.done()
    assert str(future) == "CompletableFuture[not completed]"
    thread = threading.Thread(target=future.complete, args=(5,))
    thread.start()
    assert future.result() == 5
    thread.join()
    assert future.done()
    assert future.exception() is None
    assert str(future) == "CompletableFuture[completed]"


def test_a_future_is_completed_once() -> None:
    future = CompletableFuture.completed(1)
    assert future.complete(2) is False
    assert future.complete_exceptionally(ValueError()) is False
    assert future.cancel() is False
    assert future.result() == 1


def test_a_future_raises_what_it_failed_of() -> None:
    future: CompletableFuture[int] = CompletableFuture()
    future.complete_exceptionally(ValueError("why"))
    assert isinstance(future.exception(), ValueError)
    with pytest.raises(ValueError, match="why"):
        future.result()
    assert str(future) == "CompletableFuture[completed exceptionally]"


def test_a_cancelled_future_takes_no_value() -> None:
    future: CompletableFuture[int] = CompletableFuture()
    assert future.cancel()
    assert future.cancelled()
    assert future.complete(1) is False
    assert str(future) == "CompletableFuture[cancelled]"


def test_callbacks_get_the_future_when_it_is_done() -> None:
    future: CompletableFuture[int] = CompletableFuture()
    seen: list[int] = []
    future.add_done_callback(lambda done: seen.append(done.result()))
    assert seen == []
    future.complete(3)
    future.add_done_callback(lambda done: seen.append(done.result() + 1))
    assert seen == [3, 4]


def test_a_client_without_savepoints_says_so() -> None:
    class Client(JobClient):
        def get_job_id(self):
            return JobID(TEXT)

        def get_job_status(self):
            return CompletableFuture.completed(JobStatus.RUNNING)

        def cancel(self):
            return CompletableFuture.completed(None)

        def get_accumulators(self):
            return CompletableFuture.completed({})

        def get_job_execution_result(self):
            return CompletableFuture()

    with pytest.raises(UnsupportedFeatureError, match="takes no savepoints"):
        Client().trigger_savepoint()
    with pytest.raises(UnsupportedFeatureError, match=r"use cancel\(\)"):
        Client().stop_with_savepoint(True)
