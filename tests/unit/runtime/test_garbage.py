"""Python looks for garbage less often while jobs run, and as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import WeakSet

import pytest

from flinkette.datastream import MapFunction, StreamExecutionEnvironment
from flinkette.runtime import garbage
from flinkette.runtime.garbage import YOUNG_OBJECTS, look_as_before, look_less_often


class Job:
    """Whoever asks to look less often."""


@pytest.fixture(autouse=True)
def thresholds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # other tests may have left jobs open
    monkeypatch.setattr(garbage, "_jobs", WeakSet())
    monkeypatch.setattr(garbage, "_before", None)
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def seen_by_a_job() -> list[int]:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    stream = env.from_collection([1]).map(lambda _: gc.get_threshold()[0])
    with stream.execute_and_collect() as found:
        return list(found)


def test_a_job_in_this_process_leaves_the_threshold_as_it_was() -> None:
    assert seen_by_a_job() == [YOUNG_OBJECTS]
    assert gc.get_threshold() == (700, 10, 10)


def test_also_one_that_fails() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.from_collection([0]).map(lambda value: 1 // value).print()
    with pytest.raises(Exception, match="division"):
        env.execute()
    assert gc.get_threshold()[0] == 700


class RaisesAtTheEnd(MapFunction):
    """Fails in `close`."""

    def map(self, value: int) -> int:
        return value

    def close(self) -> None:
        raise ValueError("at the end")


def test_also_one_whose_functions_fail_to_close() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.from_collection([0]).map(RaisesAtTheEnd()).print()
    with pytest.raises(Exception, match="at the end"):
        env.execute()
    assert gc.get_threshold()[0] == 700


def test_the_last_of_several_jobs_restores_it() -> None:
    one, other = Job(), Job()
    look_less_often(one)
    look_less_often(other)
    look_as_before(one)
    assert gc.get_threshold()[0] == YOUNG_OBJECTS
    look_as_before(other)
    assert gc.get_threshold()[0] == 700


def test_a_job_that_nobody_closed_does_not_count_when_it_is_gone() -> None:
    look_less_often(Job())
    gc.collect()
    job = Job()
    look_less_often(job)
    look_as_before(job)
    assert gc.get_threshold()[0] == 700


@pytest.mark.parametrize("young", [0, YOUNG_OBJECTS + 1])
def test_a_collector_that_is_off_or_rarer_stays_so(young: int) -> None:
    gc.set_threshold(young, 10, 10)
    assert seen_by_a_job() == [young]
    assert gc.get_threshold()[0] == young


def test_a_threshold_that_was_set_meanwhile_stays() -> None:
    job = Job()
    look_less_often(job)
    gc.set_threshold(5_000)
    look_as_before(job)
    assert gc.get_threshold()[0] == 5_000
