"""Accumulators of functions, and job parameters, in the process and on workers alike."""

from __future__ import annotations

import pytest

from flinkette.cluster.worker_pool import close_fork_server, fork_server
from flinkette.common import Configuration
from flinkette.contracts.errors import (
    FlinketteError,
    InvalidTypeError,
    JobExecutionError,
)
from flinkette.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from flinkette.ext.accumulators import (
    Accumulator,
    AverageAccumulator,
    DoubleCounter,
    Histogram,
    IntCounter,
    IntMaximum,
    ListAccumulator,
    LongMinimum,
)
from flinkette.ext.sinks import BlackholeSink

pytestmark = pytest.mark.usefixtures("no_leaks")


@pytest.fixture(scope="module", autouse=True)
def fork_server_of_the_module():
    """Start the fork server before the leak check counts processes."""
    fork_server()
    yield
    close_fork_server()


@pytest.fixture(params=[1, 2], ids=["in the process", "on two workers"])
def env(request):
    configuration = Configuration()
    configuration.set_integer("flinkette.execution.workers", request.param)
    made = StreamExecutionEnvironment.get_execution_environment()
    made.configure(configuration)
    return made.set_parallelism(2)


class Distinct(Accumulator):
    """The set of all values: a class of the user's."""

    def __init__(self):
        self.values = set()

    def add(self, value):
        self.values.add(value)

    def get_local_value(self):
        return sorted(self.values)

    def reset_local(self):
        self.values.clear()

    def merge(self, other):
        self.values |= other.values


class AddsUp(MapFunction):
    def __init__(self):
        # as in Java: made with the function, of which each subtask has its own
        self.rows = IntCounter()

    def open(self, runtime_context: RuntimeContext) -> None:
        self.runtime_context = runtime_context
        runtime_context.add_accumulator("rows", self.rows)
        self.others = {
            "mean": AverageAccumulator(),
            "largest": IntMaximum(),
            "smallest": LongMinimum(),
            "all": ListAccumulator(),
            "distinct": Distinct(),
        }
        for name, accumulator in self.others.items():
            runtime_context.add_accumulator(name, accumulator)
        self.factor = int(runtime_context.get_job_parameter("factor", "1"))

    def map(self, value: int) -> int:
        self.rows.add(1)
        for accumulator in self.others.values():
            accumulator.add(value * self.factor)
        self.runtime_context.get_histogram("tens").add(value // 10)
        self.runtime_context.get_double_counter("half").add(value / 2)
        self.runtime_context.get_long_counter("sum").add(value)
        assert self.runtime_context.get_accumulator("sum").get_local_value() >= value
        assert self.runtime_context.get_accumulator("none") is None
        return value


def test_the_result_has_what_all_subtasks_added_up(env) -> None:
    env.get_config().set_global_job_parameters({"factor": 3})
    numbers = env.from_collection(list(range(20))).rebalance()
    numbers.map(AddsUp()).sink_to(BlackholeSink())
    found = env.execute().get_all_accumulator_results()
    assert sorted(found.pop("all")) == [3 * value for value in range(20)]
    assert found == {
        "rows": 20,
        "mean": 28.5,
        "largest": 57,
        "smallest": 0,
        "distinct": [3 * value for value in range(20)],
        "tens": {0: 10, 1: 10},
        "half": 95.0,
        "sum": 190,
    }


def test_one_name_in_two_operators_is_one_accumulator(env) -> None:
    env.from_collection(list(range(5))).map(AddsUp()).map(AddsUp()).sink_to(BlackholeSink())
    client = env.execute_async()
    result = client.get_job_execution_result().result()
    assert result.get_accumulator_result("rows") == 10
    assert result.get_accumulator_result("other") is None
    assert client.get_accumulators().result()["sum"] == 20


class Registers(MapFunction):
    def __init__(self, *accumulators):
        self.accumulators = accumulators

    def open(self, runtime_context):
        for accumulator in self.accumulators:
            runtime_context.add_accumulator("some", accumulator)

    def map(self, value):
        for accumulator in self.accumulators:
            accumulator.add(value)
        return value


def test_two_classes_under_one_name_are_an_error_when_the_result_is_asked(env) -> None:
    once = env.from_collection([1]).map(Registers(IntCounter()))
    once.map(Registers(Histogram())).sink_to(BlackholeSink())
    result = env.execute()
    with pytest.raises(JobExecutionError, match="'some' is of class IntCounter in one operator"):
        result.get_accumulator_result("some")


def test_one_that_is_too_large_to_send_says_where_results_belong(env) -> None:
    env.from_collection(["x" * 300_000]).map(Registers(ListAccumulator())).sink_to(BlackholeSink())
    result = env.execute()
    with pytest.raises(
        JobExecutionError, match=r"'some' has 300,\d+ bytes in one .*: write large results"
    ):
        result.get_all_accumulator_results()


@pytest.mark.parametrize(
    ("accumulators", "text"),
    [
        ((IntCounter(), IntCounter()), "there is an accumulator 'some' already"),
        (("no accumulator",), r"add_accumulator\('some', …\) takes an Accumulator"),
        ((DoubleCounter(),), r"DoubleCounter.add\(\) takes float or int, got 'one' of type str"),
    ],
)
def test_what_cannot_be_registered_or_added_fails_the_job(accumulators, text) -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    env.from_collection(["one"]).map(Registers(*accumulators)).sink_to(BlackholeSink())
    with pytest.raises(FlinketteError, match=text):
        env.execute()


def test_a_counter_of_another_class_than_before_is_refused() -> None:
    class Mixed(MapFunction):
        def open(self, runtime_context):
            runtime_context.get_int_counter("n")
            runtime_context.get_histogram("n")

        def map(self, value):
            return value

    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    env.from_collection([1]).map(Mixed()).sink_to(BlackholeSink())
    with pytest.raises(InvalidTypeError, match="'n' is of class IntCounter"):
        env.execute()
