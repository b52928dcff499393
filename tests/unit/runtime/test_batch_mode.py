"""BATCH mode: keyed functions see one key at a time in time order, rules before rows."""

from __future__ import annotations

import random

import pytest

from flinkette.common import Configuration, Time, Types, WatermarkStrategy
from flinkette.datastream import (
    BroadcastProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    OutputTag,
    ProcessWindowFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from flinkette.datastream.functions import ProcessAllWindowFunction
from flinkette.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ValueStateDescriptor,
)
from flinkette.datastream.window import (
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    GlobalWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)

MIN, MAX = -(2**63), 2**63 - 1
ROWS = [("b", 7), ("a", 5), ("c", 1), ("a", 2), ("b", 3), ("a", 9), ("c", 1), ("b", -4)]
BY_KEY_AND_TIME = {"a": [2, 5, 9], "b": [-4, 3, 7], "c": [1, 1]}


def environment(mode=RuntimeExecutionMode.BATCH, batch_rows=3):
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", batch_rows)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    env.set_runtime_mode(mode)
    return env


def timed(env, rows):
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
    return env.from_collection(rows).assign_timestamps_and_watermarks(strategy)


def by_key(stream):
    return stream.key_by(lambda row: row[0])


def collect(stream):
    with stream.execute_and_collect() as rows:
        return list(rows)


class Seen(KeyedProcessFunction):
    """Keeps what it has seen in state, of which it never clears any."""

    def open(self, runtime_context):
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.LONG()))

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        assert timers.current_watermark() == MIN
        self.seen.add(value[1])
        timers.register_event_time_timer(value[1] + 5)
        timers.register_processing_time_timer(2**60)
        yield value[0], "row", list(self.seen.get())

    def on_timer(self, timestamp, ctx):
        assert ctx.timer_service().current_watermark() == MAX
        yield ctx.get_current_key(), ctx.time_domain().name, timestamp, list(self.seen.get())


@pytest.mark.parametrize("mode", [RuntimeExecutionMode.BATCH, RuntimeExecutionMode.AUTOMATIC])
@pytest.mark.parametrize("batch_rows", [1, 3, 8192])
def test_a_key_is_seen_whole_in_time_order_and_its_timers_fire_before_the_next(mode, batch_rows):
    stream = by_key(timed(environment(mode, batch_rows), ROWS))
    wanted = []
    for key in "bac":  # in the order in which they were first seen
        times = BY_KEY_AND_TIME[key]
        wanted += [(key, "row", times[: count + 1]) for count in range(len(times))]
        wanted += [(key, "EVENT_TIME", time, times) for time in sorted({t + 5 for t in times})]
        wanted += [(key, "PROCESSING_TIME", 2**60, times)]
    assert collect(stream.process(Seen())) == wanted


def test_streaming_mode_takes_rows_as_they_come():
    stream = by_key(timed(environment(RuntimeExecutionMode.STREAMING), ROWS))
    seen = [row[2][-1] for row in collect(stream.map(lambda row: (row[0], "row", [row[1]])))]
    assert seen == [time for _, time in ROWS]


class Stays(KeyedProcessFunction):
    def open(self, runtime_context):
        self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.LONG()))
        self.context = runtime_context

    def process_element(self, value, ctx):
        self.value.update(value[1])
        yield len(self.context._keys.key_map)


def test_state_of_one_key_at_a_time_is_held():
    rows = [(f"k{number}", number) for number in range(500)]
    stream = by_key(environment(batch_rows=10).from_collection(rows))
    # those of the batch in work have an id each
    assert max(collect(stream.process(Stays()))) <= 12


class Two(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.STRING()))

    def process_element1(self, value, ctx):
        self.seen.add(f"{value[1]}")
        yield value[0], list(self.seen.get())

    def process_element2(self, value, ctx):
        self.seen.add(f"~{value[1]}")
        yield value[0], list(self.seen.get())


def test_two_keyed_inputs_are_put_in_one_order():
    env = environment()
    left = by_key(timed(env, [("a", 5), ("b", 1), ("a", 1)]))
    right = by_key(timed(env, [("b", 0), ("a", 3), ("c", 2), ("a", 5)]))
    assert collect(left.connect(right).process(Two())) == [
        ("a", ["1"]),
        ("a", ["1", "~3"]),
        ("a", ["1", "~3", "5"]),
        ("a", ["1", "~3", "5", "~5"]),
        ("b", ["~0"]),
        ("b", ["~0", "1"]),
        ("c", ["~2"]),
    ]


@pytest.mark.parametrize("mode", [RuntimeExecutionMode.BATCH, RuntimeExecutionMode.STREAMING])
@pytest.mark.parametrize("kind", ["join", "co_group"])
def test_windows_of_two_inputs_know_which_side_a_row_is_of(mode, kind):
    env = environment(mode)
    left = timed(env, [("a", 1), ("b", 2), ("a", 7)])
    right = timed(env, [("a", 3), ("b", 8), ("a", 9), ("a", 9)])
    sides = left.join(right) if kind == "join" else left.co_group(right)
    keyed = sides.where(lambda row: row[0]).equal_to(lambda row: row[0])
    windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(5)))
    if kind == "join":
        pairs = windows.apply(lambda first, second: (first[0], first[1], second[1]))
        assert sorted(collect(pairs)) == [("a", 1, 3), ("a", 7, 9), ("a", 7, 9)]
        return
    groups = windows.apply(
        lambda first, second: [([row[1] for row in first], [row[1] for row in second])]
    )
    assert sorted(collect(groups)) == [([], [8]), ([1], [3]), ([2], []), ([7], [9, 9])]


class Rearms(KeyedProcessFunction):
    """Registers the next timer from each, of both kinds."""

    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 5)
        ctx.timer_service().register_processing_time_timer(value[1] + 5)

    def on_timer(self, timestamp, ctx):
        ctx.timer_service().register_event_time_timer(timestamp + 10)
        ctx.timer_service().register_processing_time_timer(timestamp + 10)
        yield ctx.get_current_key(), ctx.time_domain().name, timestamp


def test_a_timer_that_registers_the_next_one_does_not_keep_its_key_from_ending():
    rows = [("a", 1), ("b", 2)]
    assert collect(by_key(timed(environment(), rows)).process(Rearms())) == [
        ("a", "EVENT_TIME", 6),
        ("a", "PROCESSING_TIME", 6),
        ("b", "EVENT_TIME", 7),
        ("b", "PROCESSING_TIME", 7),
    ]


def test_a_trigger_that_fires_again_and_again_fires_once_at_the_end_of_a_key():
    windows = by_key(timed(environment(), ROWS)).window(GlobalWindows.create())
    hourly = windows.trigger(ContinuousProcessingTimeTrigger.of(Time.hours(1)))
    found = collect(hourly.process(Rows()))
    assert [(key, rows) for key, _, rows in found] == [(key, BY_KEY_AND_TIME[key]) for key in "bac"]


names = MapStateDescriptor("names", Types.INT(), Types.STRING())


class Named(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.get_broadcast_state(names).get(value)

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(names).put(*value)


class NamedByKey(KeyedBroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.get_broadcast_state(names).get(value[1])

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(names).put(*value)


def test_the_broadcast_side_is_read_to_its_end_first():
    env = environment(batch_rows=1)
    rules = env.from_collection([(n, f"n{n}") for n in range(50)]).broadcast(names)
    rows = env.from_collection([49, 0, 51])
    found = [(49, "n49"), (0, "n0"), (51, None)]
    assert collect(rows.connect(rules).process(Named())) == found
    keyed = by_key(timed(env, [("b", 3), ("a", 49), ("b", 1)]))
    assert collect(keyed.connect(rules).process(NamedByKey())) == [
        (("b", 1), "n1"),
        (("b", 3), "n3"),
        (("a", 49), "n49"),
    ]


class Rows(ProcessWindowFunction):
    def process(self, key, context, elements):
        seen = context.global_state().get_state(ValueStateDescriptor("seen", Types.INT()))
        seen.update((seen.value() or 0) + 1)
        yield key, seen.value(), [row[1] for row in elements]


def test_windows_of_a_key_fire_together_and_hold_rows_in_time_order():
    stream = by_key(timed(environment(), ROWS))
    tumbling = TumblingEventTimeWindows.of(Time.milliseconds(5))
    assert collect(stream.window(tumbling).process(Rows())) == [
        ("b", 1, [-4]),
        ("b", 2, [3]),
        ("b", 3, [7]),
        ("a", 1, [2]),
        ("a", 2, [5, 9]),
        ("c", 1, [1, 1]),
    ]


def test_no_row_is_late_and_processing_time_windows_fire_at_the_end():
    late = OutputTag("late")
    stream = by_key(timed(environment(), ROWS))
    sliding = SlidingEventTimeWindows.of(Time.milliseconds(4), Time.milliseconds(2))
    windows = stream.window(sliding).side_output_late_data(late).process(Rows())
    assert collect(windows.get_side_output(late)) == []
    daily = TumblingProcessingTimeWindows.of(Time.days(100_000))
    found = collect(stream.window(daily).process(Rows()))
    assert [(key, rows) for key, _, rows in found] == [(key, BY_KEY_AND_TIME[key]) for key in "bac"]


def test_a_window_that_never_ends_goes_with_its_key():
    stream = by_key(timed(environment(), ROWS))
    windows = stream.window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    assert collect(windows.process(Rows())) == [
        ("b", 1, [-4, 3]),
        ("a", 1, [2, 5]),
        ("c", 1, [1, 1]),
    ]


def test_window_all_sees_rows_in_time_order():
    class All(ProcessAllWindowFunction):
        def process(self, context, elements):
            yield [row[1] for row in elements]

    tumbling = TumblingEventTimeWindows.of(Time.milliseconds(100))
    stream = timed(environment(), ROWS).window_all(tumbling).process(All())
    assert collect(stream) == [[-4], [1, 1, 2, 3, 5, 7, 9]]


def test_reduce_folds_in_time_order():
    stream = by_key(timed(environment(), ROWS)).reduce(lambda a, b: (a[0], a[1] * 10 + b[1]))
    assert sorted(collect(stream)) == [("a", 259), ("b", -363), ("c", 11)]


@pytest.mark.pipeline
def test_random_rows_come_key_by_key_in_time_order_on_any_number_of_subtasks():
    rng = random.Random(3)
    rows = [(rng.randrange(20), rng.randrange(1000), number) for number in range(400)]
    env = environment(batch_rows=7)
    env.set_parallelism(3)

    class Order(KeyedProcessFunction):
        def __init__(self):
            self.done = set()
            self.key = None
            self.times = []

        def process_element(self, value, ctx):
            if ctx.get_current_key() != self.key:
                assert ctx.get_current_key() not in self.done
                self.key, self.times = ctx.get_current_key(), []
                self.done.add(self.key)
            assert not self.times or self.times[-1] <= value[1]
            self.times.append(value[1])
            yield value

    assert sorted(collect(by_key(timed(env, rows)).process(Order()))) == sorted(rows)
