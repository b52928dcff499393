"""Windows that share slices as operators: their errors, their outputs, their pace."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Row, Time, Types, WatermarkStrategy
from flinkette.contracts.errors import FlinketteError
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.exchange.element import EndOfInput, Watermark
from flinkette.ext.aggregations import Count, Sum
from flinkette.ext.sinks import BlackholeSink
from flinkette.runtime.ports import Port, PortedOutput

ROW = Types.ROW_NAMED(["key", "ts", "v"], [Types.LONG()] * 3)


def tumbling(ms: int) -> TumblingEventTimeWindows:
    return TumblingEventTimeWindows.of(Time.milliseconds(ms))


def stamped(rows: list[Row]) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    return env.from_collection(rows, type_info=ROW).assign_timestamps_and_watermarks(strategy)


@pytest.mark.pipeline
def test_each_window_has_its_own_results_and_consumers() -> None:
    keyed = stamped([Row(key=1, ts=ts, v=ts) for ts in range(8)]).key_by("key")
    small = keyed.window(tumbling(2)).aggregate(Count()).map(lambda count: ("small", count))
    large = keyed.window(tumbling(4)).aggregate(Sum("v")).map(lambda total: ("large", total))
    with small.union(large).execute_and_collect() as results:
        rows = list(results)
    assert [row for row in rows if row[0] == "small"] == [("small", 2)] * 4
    assert [row for row in rows if row[0] == "large"] == [("large", 6), ("large", 22)]


@pytest.mark.pipeline
def test_rows_without_event_time_fail_with_the_name_of_a_window_that_needs_it() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    keyed = env.from_collection([Row(key=1, ts=2, v=3)], type_info=ROW).key_by("key")
    for name in ("first window", "second window"):
        keyed.window(tumbling(2)).aggregate(Count()).name(name).sink_to(BlackholeSink())
    with pytest.raises(FlinketteError, match="first window"):
        env.execute()


@pytest.mark.pipeline
def test_a_sum_that_does_not_fit_fails_with_the_name_of_its_window() -> None:
    timed = stamped([Row(key=1, ts=2, v=2**62), Row(key=1, ts=3, v=2**62)])
    keyed = timed.key_by("key")
    keyed.window(tumbling(2)).aggregate(Count()).name("counts").sink_to(BlackholeSink())
    keyed.window(tumbling(4)).aggregate(Sum("v")).name("sums").sink_to(BlackholeSink())
    with pytest.raises(FlinketteError, match=r"'sums'.*TimeWindow\(start=0, end=4\).*key: 1"):
        timed.get_execution_environment().execute()


class RecordedOutput:
    """Takes elements; `room` of them, then the rest waits."""

    has_writers = True
    carries_time = True
    gathers = True

    def __init__(self, room: int) -> None:
        self.room = room
        self.elements: list[Any] = []
        self.num_pending = 0

    def emit(self, tag: Any, element: Any, copy: Any) -> None:
        self.elements.append((tag, element))
        self.num_pending = int(len(self.elements) > self.room)

    def flush(self) -> bool:
        self.num_pending = int(len(self.elements) > self.room)
        return not self.num_pending

    def release(self, *, is_idle: bool) -> bool:
        self.emit(None, "gathered", None)
        return True


def test_an_element_of_a_port_goes_to_that_port_and_every_other_to_all() -> None:
    parts = [RecordedOutput(9), RecordedOutput(9)]
    output = PortedOutput(parts)  # type: ignore[arg-type]
    output.emit(Port(1), Watermark(5), lambda batch: batch)
    output.emit(None, EndOfInput(), lambda batch: batch)
    assert parts[0].elements == [(None, EndOfInput())]
    assert parts[1].elements == [(None, Watermark(5)), (None, EndOfInput())]


def test_a_port_without_room_holds_up_the_operator_until_it_has_some() -> None:
    parts = [RecordedOutput(0), RecordedOutput(9)]
    output = PortedOutput(parts)  # type: ignore[arg-type]
    assert output.flush()
    output.emit(None, Watermark(5), lambda batch: batch)
    assert output.num_pending == 1
    assert not output.flush()
    parts[0].room = 1
    assert output.flush()
    assert output.num_pending == 0


def test_rows_that_a_port_gathered_are_pending_like_all_others() -> None:
    parts = [RecordedOutput(0), RecordedOutput(9)]
    output = PortedOutput(parts)  # type: ignore[arg-type]
    assert output.release(is_idle=True)
    assert [part.elements for part in parts] == [[(None, "gathered")], [(None, "gathered")]]
    assert output.num_pending == 1
    assert not output.flush()
