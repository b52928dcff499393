"""OperatorHarness: one function with a still clock, and everything it does in sight."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest

from flinkette.common import Duration, Row, Time, Types, WatermarkStrategy
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    RowConversionError,
    UserFunctionError,
)
from flinkette.datastream import (
    AggregateFunction,
    BroadcastProcessFunction,
    CoMapFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    OutputTag,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from flinkette.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flinkette.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows
from flinkette.ext.aggregations import Sum
from flinkette.ext.row_errors import on_row_error
from flinkette.testing import LeakError, OperatorHarness

PAIR = Types.TUPLE([Types.STRING(), Types.LONG()])
TOTAL = ValueStateDescriptor("total", Types.LONG())
BIG = OutputTag("big", Types.LONG())


ENV = StreamExecutionEnvironment.get_execution_environment()


def pairs(env=ENV):
    return env.from_collection([("", 0)], PAIR)


def by_name(row):
    return row[0]


class TotalUntilQuiet(KeyedProcessFunction):
    """Adds up, and tells and forgets the total after a second of event time without rows."""

    def open(self, runtime_context):
        self.total = runtime_context.get_state(TOTAL)
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.LONG()))

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        if self.last.value() is not None:
            timers.delete_event_time_timer(self.last.value())
        self.last.update(ctx.timestamp() + 1000)
        timers.register_event_time_timer(self.last.value())
        self.total.update((self.total.value() or 0) + value[1])
        if value[1] > 100:
            yield BIG, value[1]

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), self.total.value()
        self.total.clear()
        self.last.clear()


def totals():
    return pairs().key_by(by_name).process(TotalUntilQuiet(), PAIR)


def test_state_and_timers_of_a_keyed_function_can_be_read_between_pushes() -> None:
    with OperatorHarness(totals(), side_outputs=[BIG]) as harness:
        harness.push(("a", 1), at=0)
        harness.push(("b", 500), at=300)
        harness.push(("a", 2), at=600)
        assert harness.rows() == []
        assert harness.side_output(BIG).rows() == [500]
        assert (harness.state("a", TOTAL), harness.state("b", TOTAL)) == (3, 500)
        assert harness.state("c", TOTAL) is None
        assert harness.state_entries() == {"total": ["a", "b"], "last": ["a", "b"]}
        assert harness.num_state_entries() == 4
        waiting = [(timer.time_ms, timer.key) for timer in harness.event_timers()]
        assert waiting == [(1300, "b"), (1600, "a")]
        harness.push_watermark(1300)
        assert harness.output() == [(("b", 500), 1300)]
        assert harness.watermark_ms == 1300
        assert harness.state("b", TOTAL) is None
        harness.clear_output()
        harness.end()
        assert harness.rows() == [("a", 3)]
        harness.close(check_leaks=True)


def test_a_row_that_does_not_fit_is_refused_and_one_that_does_is_converted() -> None:
    floats = pairs().map(lambda row: row[1] / 3, Types.FLOAT()).map(lambda value: value)
    with OperatorHarness(floats) as harness:
        harness.push(0.1)
        assert harness.rows() == [0.10000000149011612]
        with pytest.raises(RowConversionError, match=r"push: .*change the value"):
            harness.push("no number")


def test_processing_time_stands_still_until_it_is_moved_and_stops_at_every_timer() -> None:
    class Ticks(KeyedProcessFunction):
        def process_element(self, value, ctx):
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time() + 10)

        def on_timer(self, timestamp, ctx):
            timers = ctx.timer_service()
            yield timestamp, timers.current_processing_time()
            if timestamp < 1040:
                timers.register_processing_time_timer(timestamp + 10)

    ticks = pairs().key_by(by_name).process(Ticks())
    with OperatorHarness(ticks, start_time_ms=1000) as harness:
        harness.push(("a", 1))
        assert [timer.time_ms for timer in harness.processing_timers()] == [1010]
        harness.advance_processing_time(9)
        assert harness.rows() == []
        harness.advance_processing_time(timedelta(milliseconds=11))
        assert harness.rows() == [(1010, 1010), (1020, 1020)]
        harness.advance_processing_time(Time.seconds(1))
        harness.advance_processing_time(Duration.of_days(100))
        assert harness.rows()[2:] == [(1030, 1030), (1040, 1040)]
        with pytest.raises(ValueError, match="does not go back"):
            harness.set_processing_time(5)


def test_states_of_every_kind_are_read_as_plain_values_and_are_copies() -> None:
    kinds = (
        ListStateDescriptor("list", Types.LONG()),
        MapStateDescriptor("map", Types.LONG(), Types.LONG()),
        ReducingStateDescriptor("reducing", lambda a, b: a + b, Types.LONG()),
        AggregatingStateDescriptor("aggregating", Average(), Types.LONG()),
    )

    class Keeps(KeyedProcessFunction):
        def open(self, runtime_context):
            self.list = runtime_context.get_list_state(kinds[0])
            self.map = runtime_context.get_map_state(kinds[1])
            self.reducing = runtime_context.get_reducing_state(kinds[2])
            self.aggregating = runtime_context.get_aggregating_state(kinds[3])

        def process_element(self, value, ctx):
            self.list.add(value[1])
            self.map.put(value[1], value[1] * 10)
            self.reducing.add(value[1])
            self.aggregating.add(value[1])

    with OperatorHarness(pairs().key_by(by_name).process(Keeps())) as harness:
        harness.push_rows([(("a", 1), None), (("a", 5), None)])
        read = [harness.state("a", kind) for kind in kinds]
        assert read == [[1, 5], {1: 10, 5: 50}, 6, 3.0]
        read[0].append(7)
        assert harness.state("a", kinds[0]) == [1, 5]
        assert [harness.state("b", kind) for kind in kinds] == [[], {}, None, None]
        with pytest.raises(InvalidPipelineError, match="has no state 'other'; it has 'list', "):
            harness.state("a", ValueStateDescriptor("other", Types.LONG()))


class Average(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, first, second):
        raise NotImplementedError


def test_state_expires_as_the_clock_is_moved() -> None:
    descriptor = ValueStateDescriptor("seen", Types.LONG())
    descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.seconds(10)).build())

    class Remembers(KeyedProcessFunction):
        def open(self, runtime_context):
            self.seen = runtime_context.get_state(descriptor)

        def process_element(self, value, ctx):
            self.seen.update(value[1])

    with OperatorHarness(pairs().key_by(by_name).process(Remembers())) as harness:
        harness.push(("a", 1))
        harness.advance_processing_time(9_999)
        assert harness.state("a", descriptor) == 1
        harness.advance_processing_time(2)
        assert harness.state("a", descriptor) is None


@pytest.mark.parametrize("is_one_stream", [False, True])
def test_the_watermark_of_connected_streams_is_the_lower_one_and_state_is_shared(
    is_one_stream,
) -> None:
    class Last(KeyedCoProcessFunction):
        def open(self, runtime_context):
            self.total = runtime_context.get_state(TOTAL)

        def process_element1(self, value, ctx):
            self.total.update((self.total.value() or 0) + value[1])

        def process_element2(self, value, ctx):
            yield value[0], self.total.value(), ctx.timer_service().current_watermark()

    keyed = pairs().key_by(by_name)
    connected = keyed.connect(keyed if is_one_stream else pairs().key_by(by_name)).process(Last())
    with OperatorHarness(connected) as harness:
        harness.push(("a", 4), at=1, input_index=0)
        harness.push_watermark(70, input_index=1)
        assert harness.watermark_ms is None
        harness.push_watermark(50, input_index=0)
        harness.push(("a", 0), at=60, input_index=1)
        assert harness.rows() == [("a", 4, 50)]
        harness.inputs[0].mark_idle()
        assert harness.watermark_ms == 70
        assert harness.state("a", TOTAL) == 4
        with pytest.raises(InvalidPipelineError, match=r"has 2 input\(s\)"):
            harness.push(("a", 0), input_index=2)
        with pytest.raises(ValueError, match="do not go back"):
            harness.push_watermark(60, input_index=1)


def test_one_stream_connected_with_itself_has_two_inputs() -> None:
    stream = pairs()
    joined = stream.connect(stream).map(JoinSides())
    with OperatorHarness(joined) as harness:
        harness.push(("a", 1), input_index=0)
        harness.push(("b", 2), input_index=1)
        assert harness.rows() == ["first a", "second b"]


class JoinSides(CoMapFunction):
    def map1(self, value):
        return f"first {value[0]}"

    def map2(self, value):
        return f"second {value[0]}"


def test_united_streams_are_one_input() -> None:
    united = pairs().union(pairs(), pairs()).map(lambda row: row[1])
    with OperatorHarness(united) as harness:
        harness.push(("a", 1))
        assert harness.rows() == [1]


def test_broadcast_state_can_be_read() -> None:
    rules = MapStateDescriptor("rules", Types.STRING(), Types.LONG())

    class Applies(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            yield value[0], value[1] * (ctx.get_broadcast_state(rules).get(value[0]) or 1)

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(rules).put(value[0], value[1])

    applied = pairs().connect(pairs().broadcast(rules)).process(Applies())
    with OperatorHarness(applied) as harness:
        harness.push(("a", 2))
        harness.push(("a", 10), input_index=1)
        harness.push(("a", 2))
        assert harness.rows() == [("a", 2), ("a", 20)]
        assert harness.broadcast_state(rules) == {"a": 10}
        with pytest.raises(InvalidPipelineError, match="no broadcast state"):
            harness.broadcast_state(MapStateDescriptor("x", Types.STRING(), Types.LONG()))


class Spans(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, context.window().start, context.window().end, sum(row[1] for row in elements)


def test_windows_of_the_general_operator_are_listed_and_late_rows_come_by_themselves() -> None:
    late = OutputTag("late", PAIR)
    windowed = (
        pairs()
        .key_by(by_name)
        .window(EventTimeSessionWindows.with_gap(Time.milliseconds(100)))
        .side_output_late_data(late)
        .process(Spans())
    )
    with OperatorHarness(windowed) as harness:
        harness.push(("a", 1), at=1000)
        harness.push(("b", 2), at=1020)
        harness.push(("a", 3), at=1060)
        assert [(key, window.start, window.end) for key, window in harness.windows()] == [
            ("b", 1020, 1120),
            ("a", 1000, 1160),
        ]
        assert [timer.time_ms for timer in harness.event_timers()] == [1119, 1159]
        harness.push_watermark(1130)
        assert harness.output() == [(("b", 1020, 1120, 2), 1119)]
        harness.push(("b", 5), at=1000)
        assert harness.side_output(late).rows() == [("b", 5)]
        harness.end()
        assert harness.rows()[1:] == [("a", 1000, 1160, 4)]
        harness.close(check_leaks=True)


def test_windows_of_built_in_aggregates_run_in_slices_and_say_so() -> None:
    rows = ENV.from_collection([], Types.ROW_NAMED(["name", "n"], [Types.STRING(), Types.LONG()]))
    sums = (
        rows.key_by("name").window(TumblingEventTimeWindows.of(Time.seconds(1))).aggregate(Sum("n"))
    )
    with OperatorHarness(sums) as harness:
        harness.push(Row(name="a", n=1), at=10)
        harness.push(Row(name="a", n=2), at=20)
        with pytest.raises(InvalidPipelineError, match="adds rows up in slices"):
            harness.windows()
        harness.push_watermark(999)
        assert harness.windows() == []
        assert len(harness.rows()) == 1
        assert harness.output()[0].time_ms == 999


def test_watermarks_of_a_strategy_come_with_the_clock() -> None:
    class Second:
        def extract_timestamp(self, value, record_timestamp):
            return value[1]

    strategy = WatermarkStrategy.for_bounded_out_of_orderness(
        Duration.of_millis(5)
    ).with_timestamp_assigner(Second())
    with OperatorHarness(pairs().assign_timestamps_and_watermarks(strategy)) as harness:
        harness.push(("a", 100))
        harness.push_watermark(5000)
        assert harness.watermark_ms is None
        harness.advance_processing_time(200)
        assert harness.watermark_ms == 94
        assert harness.output() == [(("a", 100), 100)]


def test_an_error_of_the_function_is_raised_by_the_push_after_the_rows_before_it() -> None:
    def checked(row):
        if row[1] < 0:
            raise ValueError("negative")
        return row[1]

    with OperatorHarness(pairs().map(checked)) as harness:
        with pytest.raises(UserFunctionError, match="negative") as caught:
            harness.push_rows([(("a", 1), None), (("a", -1), None), (("a", 2), None)])
        assert isinstance(caught.value.__cause__, ValueError)
        assert harness.rows() == [1]


def test_rows_that_fail_come_out_at_their_side_output() -> None:
    bad = OutputTag("bad")
    mapped = on_row_error(pairs().map(lambda row: 1 // row[1]), "side-output", bad)
    with OperatorHarness(mapped) as harness:
        harness.push(("a", 0))
        harness.push(("a", 1))
        assert harness.rows() == [1]
        assert harness.side_output(bad).rows()[0].value == ("a", 0)


class Counts(MapFunction):
    def open(self, runtime_context):
        group = runtime_context.get_metrics_group().add_group("rows")
        self.seen, self.sizes = group.counter("seen"), group.distribution("sizes")
        self.total = runtime_context.get_long_counter("total")

    def map(self, value):
        self.seen.inc()
        self.sizes.update(value[1])
        self.total.add(value[1])
        return value


def test_metrics_and_accumulators_of_the_function_can_be_read() -> None:
    with OperatorHarness(pairs().map(Counts())) as harness:
        harness.push(("a", 3))
        harness.push(("a", 4))
        assert harness.metrics() == {
            "rows.seen": 2,
            "rows.sizes.count": 2,
            "rows.sizes.sum": 7,
            "rows.sizes.min": 3,
            "rows.sizes.max": 4,
        }
        assert harness.accumulators() == {"total": 7}


def test_rows_that_are_too_late_are_counted() -> None:
    windowed = pairs().key_by(by_name).window(TumblingEventTimeWindows.of(Time.seconds(1)))
    with OperatorHarness(windowed.process(Spans())) as harness:
        harness.push_watermark(5000)
        harness.push(("a", 1), at=100)
        harness.push(("a", 1), at=6000)
        assert harness.late_rows_dropped == 1


def test_what_keys_still_hold_at_the_end_is_a_leak() -> None:
    harness = OperatorHarness(totals())
    harness.push(("a", 1), at=0)
    with pytest.raises(LeakError) as caught:
        harness.close(check_leaks=True)
    text = str(caught.value)
    assert "'KEYED PROCESS': state 'total' of key 'a'" in text
    assert "an event time timer at 1000 of key 'a'" in text
    assert "native objects" not in text
    with pytest.raises(InvalidPipelineError, match="the harness is closed"):
        harness.push(("a", 1))


def test_a_function_that_keeps_its_context_leaks_native_objects_and_is_told() -> None:
    kept = []

    class Keeps(KeyedProcessFunction):
        def process_element(self, value, ctx):
            kept.append(ctx.timer_service())

    gc.collect()  # what other tests left and is collected meanwhile would hide it
    harness = OperatorHarness(pairs().key_by(by_name).process(Keeps()))
    harness.push(("a", 1))
    with pytest.raises(LeakError, match="native objects"):
        harness.close(check_leaks=True)
    kept.clear()


def test_the_program_around_the_function_is_left_as_it_is() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    doubled = env.from_collection([1, 2], Types.LONG()).map(lambda value: value * 2, Types.LONG())
    shown = doubled.map(str, Types.STRING())
    with OperatorHarness(doubled) as harness:
        harness.push(21)
        assert harness.rows() == [42]
    assert list(shown.execute_and_collect()) == ["2", "4"]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: "no stream", InvalidTypeError, "takes the DataStream"),
        (pairs, InvalidPipelineError, "is a source"),
        (lambda: pairs().union(pairs()), InvalidPipelineError, "no operator makes"),
    ],
)
def test_what_cannot_be_tested_alone_is_refused(make, error, text) -> None:
    with pytest.raises(error, match=text):
        OperatorHarness(make())


def test_a_side_output_nobody_asked_for_is_an_error() -> None:
    with OperatorHarness(totals()) as harness, pytest.raises(InvalidPipelineError, match="big"):
        harness.side_output(BIG)
