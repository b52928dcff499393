"""Functions of connected streams: what their errors say, and what a skipped row leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Types, WatermarkStrategy
from flinkette.contracts.errors import RowConversionError, UserFunctionError
from flinkette.contracts.row_error import RowError
from flinkette.datastream import (
    CoFlatMapFunction,
    CoMapFunction,
    KeyedCoProcessFunction,
    OutputTag,
)
from flinkette.datastream.state import ValueStateDescriptor
from flinkette.ext import on_row_error
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")


class Inverse(CoMapFunction):
    def map1(self, value: int) -> Any:
        return ("first", 1 / value)

    def map2(self, value: int) -> Any:
        return ("second", 1 / value)


class Repeated(CoFlatMapFunction):
    def flat_map1(self, value: int) -> Any:
        yield value

    def flat_map2(self, value: int) -> Any:
        yield value
        raise ValueError("half way")


class Counted(KeyedCoProcessFunction):
    """Counts the rows of a key by both streams; a negative one fails after it was counted."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element1(self, value: Any, ctx: Any) -> Any:
        yield self.counted(value)

    def process_element2(self, value: Any, ctx: Any) -> Any:
        ctx.timer_service().register_event_time_timer(50)
        yield self.counted(value)

    def counted(self, value: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        if value[1] < 0:
            raise ValueError("negative")
        return value[0], self.count.value()

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        if ctx.get_current_key() == "bad":
            raise ValueError("not now")
        yield ctx.get_current_key(), "timer"


def connected(first: list[Any], second: list[Any], parallelism: int = 1) -> Any:
    env = environment(parallelism)
    return env.from_collection(first).connect(env.from_collection(second))


def by_key(first: list[Any], second: list[Any]) -> Any:
    return connected(first, second).key_by(lambda row: row[0], lambda row: row[0])


def error_of(stream: Any, kind: type[Exception] = UserFunctionError) -> Any:
    with pytest.raises(kind) as failed, stream.execute_and_collect() as rows:
        list(rows)
    return failed.value


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("first", "second", "input_name", "method"),
    [([1, 0], [], "first", "map1"), ([], [2, 0], "second", "map2")],
)
def test_an_error_names_operator_input_line_and_value(
    first: list[int], second: list[int], input_name: str, method: str
) -> None:
    error = error_of(connected(first, second).map(Inverse()).name("inverse"))
    text = str(error)
    assert text.startswith(f"operator 'inverse' ({__file__}:")
    assert f"), {input_name} input: ZeroDivisionError: division by zero at {__file__}:" in text
    assert text.endswith(f"in {method}; row: 0")
    assert (error.operator, error.value_text) == ("inverse", "0")


@pytest.mark.pipeline
def test_an_error_in_a_generator_names_the_input_and_parallel_ones_the_subtask() -> None:
    text = str(error_of(connected([], [7], 2).flat_map(Repeated())))
    assert ", second input, subtask " in text
    assert "in flat_map2; row: 7" in text


@pytest.mark.pipeline
def test_an_error_behind_the_connected_function_names_no_input() -> None:
    stream = connected([1], [2]).map(Inverse()).map(lambda row: row[2])
    text = str(error_of(stream))
    assert "operator 'Map'" in text
    assert " input" not in text


@pytest.mark.pipeline
def test_a_result_that_does_not_fit_names_the_input() -> None:
    declared = Types.TUPLE([Types.STRING(), Types.STRING()])
    text = str(error_of(connected([], [2]).map(Inverse(), declared), RowConversionError))
    assert ", second input: a row does not fit the declared type" in text
    assert "row: 2" in text


@pytest.mark.pipeline
def test_an_error_of_keyed_streams_has_the_key_and_that_of_a_timer_no_input() -> None:
    error = error_of(by_key([("a", -1)], []).process(Counted()))
    assert ", first input: ValueError: negative" in str(error)
    assert error.key == "a"
    error = error_of(by_key([], [("bad", 1)]).process(Counted()))
    assert "; while an event-time timer fired; key: 'bad'; event time: 50 ms" in str(error)
    assert " input" not in str(error)


def test_a_skipped_row_leaves_no_state_and_no_timer() -> None:
    env = environment()
    feeds, sink = [Feed(), Feed()], MemorySink()
    first, second = (stream_of(env, feed) for feed in feeds)
    tag = OutputTag("failed")
    keyed = first.connect(second).key_by(lambda row: row[0], lambda row: row[0])
    stream = on_row_error(keyed.process(Counted()), "side-output", tag)
    stream.sink_to(sink)
    failed = MemorySink()
    stream.get_side_output(tag).sink_to(failed)
    run = Run(env)
    for index, row in [(0, ("a", 1)), (1, ("a", -1)), (1, ("b", -2)), (0, ("a", 3)), (1, ("a", 4))]:
        feeds[index].rows.append(row)
        run.settle()
    for feed in feeds:
        feed.rows.append(None)
    run.finish()
    # no timer of b: the row that set it was undone
    assert sink.rows == [("a", 1), ("a", 2), ("a", 3), ("a", "timer")]
    assert [each.value for each in failed.rows] == [("a", -1), ("b", -2)]
    assert all(isinstance(each, RowError) and "second input" in each.error for each in failed.rows)


class Watermarks(KeyedCoProcessFunction):
    def process_element1(self, value: Any, ctx: Any) -> Any:
        yield 1, value, ctx.timer_service().current_watermark()

    def process_element2(self, value: Any, ctx: Any) -> Any:
        yield 2, value, ctx.timer_service().current_watermark()
        service = ctx.timer_service()
        service.register_processing_time_timer(service.current_processing_time() + 50)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield "clock", timestamp, ctx.time_domain().name


def test_both_methods_see_the_watermark_of_the_slower_stream_and_one_clock() -> None:
    env = environment()
    feeds, sink = [Feed(), Feed()], MemorySink()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f0")
    first, second = (
        stream_of(env, feed).assign_timestamps_and_watermarks(strategy) for feed in feeds
    )
    first.connect(second).key_by(len, len).process(Watermarks()).sink_to(sink)
    run = Run(env)
    none = -(2**63)
    for index, time in [(0, 100), (1, 50), (0, 300), (1, 200), (0, 301), (1, 400)]:
        feeds[index].rows.append((time,))
        run.settle()
    run.advance(50)
    assert sink.rows == [
        (1, (100,), none), (2, (50,), none), (1, (300,), 49), (2, (200,), 49),
        (1, (301,), 199), (2, (400,), 199), ("clock", 1050, "PROCESSING_TIME"),
    ]  # fmt: skip
    for feed in feeds:
        feed.rows.append(None)
    run.finish()
