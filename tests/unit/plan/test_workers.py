"""How many workers a job gets: `auto` starts processes only where parallelism was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.contracts import options
from flinkette.contracts.config import Configuration
from flinkette.contracts.errors import ConfigurationError
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.job_graph import PlanOptions, build_job_graph
from flinkette.plan.workers import num_workers


def job(default: int | None, cores: int, operator: int | None = None) -> ExecutionGraph:
    """A source, a rebalance and a map, as `plan_options` would plan it on a host of `cores`."""
    env = StreamExecutionEnvironment.get_execution_environment()
    mapped = env.from_collection([1, 2, 3]).rebalance().map(abs)
    if operator is not None:
        mapped.set_parallelism(operator)
    mapped.sink_to(BlackholeSink())
    return ExecutionGraph(build_job_graph(env._stream_graph, PlanOptions(default or cores)))


def workers(setting: Any, default: int | None, cores: int, operator: int | None = None) -> int:
    read = Configuration().set(options.WORKERS, setting).get(options.WORKERS)
    return num_workers(read, job(default, cores, operator), default, cores)


def test_auto_is_one_worker_in_place_for_a_program_that_sets_nothing() -> None:
    assert workers("auto", None, cores=8) == 1


def test_auto_is_one_worker_in_place_for_a_parallelism_of_one() -> None:
    assert workers("auto", 1, cores=8) == 1


@pytest.mark.parametrize(("default", "cores", "expected"), [(4, 8, 4), (4, 2, 2), (4, 1, 1)])
def test_auto_is_the_parallelism_that_was_set_at_most_one_per_core(
    default: int, cores: int, expected: int
) -> None:
    assert workers("auto", default, cores) == expected


def test_auto_counts_the_parallelism_of_an_operator() -> None:
    assert workers("auto", 1, cores=8, operator=3) == 3
    assert workers("auto", None, cores=2, operator=3) == 2


def test_an_operator_set_to_one_asks_for_no_workers() -> None:
    assert workers("auto", None, cores=8, operator=1) == 1


@pytest.mark.parametrize("default", [None, 1, 4])
def test_one_worker_runs_in_place_whatever_the_parallelism(default: int | None) -> None:
    assert workers("1", default, cores=8) == 1


def test_a_number_may_be_above_the_cores_but_not_above_the_slots() -> None:
    assert workers(32, 32, cores=2) == 32
    assert workers("32", 4, cores=2) == 4


@pytest.mark.parametrize("setting", ["0", "-1", "many", 0, 1.5, ""])
def test_anything_else_is_refused_with_what_is_expected(setting: Any) -> None:
    configuration = Configuration()
    configuration._values["flinkette.execution.workers"] = setting
    with pytest.raises(ConfigurationError, match="expected auto or a whole number from 1"):
        configuration.get(options.WORKERS)


def test_auto_may_be_written_in_any_case() -> None:
    assert workers("AUTO", None, cores=2) == 1
