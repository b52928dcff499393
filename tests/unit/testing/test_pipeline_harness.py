"""PipelineHarness: a whole program between sources that a test controls and what it collects."""

from __future__ import annotations

import pytest

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment
from flinkette.datastream.functions import KeyedProcessFunction
from flinkette.datastream.state import ValueStateDescriptor
from flinkette.datastream.window import TumblingEventTimeWindows, TumblingProcessingTimeWindows
from flinkette.testing import PipelineHarness

PAIR = Types.TUPLE([Types.STRING(), Types.LONG()])
SEEN = ValueStateDescriptor("seen", Types.LONG())


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


def sums(stream):
    return (
        stream.key_by(lambda row: row[0])
        .window(TumblingEventTimeWindows.of(Time.seconds(5)))
        .reduce(lambda one, other: (one[0], one[1] + other[1]), output_type=PAIR)
    )


@pytest.mark.parametrize("parallelism", [1, 3])
def test_a_window_closes_when_the_watermark_of_its_source_passes(env, parallelism) -> None:
    with PipelineHarness(env, parallelism=parallelism) as harness:
        source = harness.source(PAIR)
        closed = harness.collect(sums(source.stream))
        for number in range(6):
            source.push(("abc"[number % 3], number), at=number * 1000)
        source.push_watermark(4998)
        assert closed.rows() == []
        source.push_watermark(4999)
        assert sorted(closed.output()) == [(("a", 3), 4999), (("b", 5), 4999), (("c", 2), 4999)]
        assert closed.watermark_ms == 4999
        closed.clear()
        harness.end()
        assert closed.rows() == [("c", 5)]
        assert harness.has_ended
        harness.close(check_leaks=True)


def test_a_source_that_is_idle_does_not_hold_the_others_back(env) -> None:
    with PipelineHarness(env) as harness:
        fast, slow = harness.source(PAIR), harness.source(PAIR)
        closed = harness.collect(sums(fast.stream.union(slow.stream)))
        fast.push(("a", 1), at=0)
        fast.push_watermark(10_000)
        assert closed.rows() == []
        slow.mark_idle()
        assert closed.rows() == [("a", 1)]
        fast.push(("a", 2), at=16_000)
        slow.push(("a", 3), at=17_000)
        # as in Flink, a channel that was idle counts again once it has caught up
        slow.push_watermark(12_000)
        fast.push_watermark(30_000)
        assert closed.rows() == [("a", 1)]
        slow.mark_idle()
        assert closed.rows() == [("a", 1), ("a", 5)]
        slow.mark_active()
        slow.push_watermark(40_000)
        assert closed.watermark_ms == 30_000


def test_a_source_takes_the_place_of_one_of_the_program(env, tmp_path) -> None:
    class Breaks:
        def __getstate__(self):
            raise AssertionError("what lies before is not touched")

    broken = Breaks()
    orders = env.from_collection([("x", 1)], PAIR).map(lambda row: (broken, row)[1], PAIR)
    large = OutputTag("large")

    class Split(ProcessFunction):
        def process_element(self, value, ctx):
            yield value
            if value[1] > 10:
                yield large, value[1]

    split = orders.process(Split(), PAIR)
    with PipelineHarness(env) as harness:
        source = harness.source_in_place_of(orders)
        rows, sizes = harness.collect(split), harness.collect(split.get_side_output(large))
        source.push(("a", 11))
        source.push(("b", 1))
        assert (rows.rows(), sizes.rows()) == ([("a", 11), ("b", 1)], [11])


def test_sinks_of_the_program_commit_when_all_sources_have_ended(env, tmp_path) -> None:
    from flinkette.ext.sinks import CsvSink

    with PipelineHarness(env) as harness:
        source = harness.source(PAIR)
        source.stream.sink_to(CsvSink(str(tmp_path / "rows.csv")))
        source.push(("a", 1))
        assert not (tmp_path / "rows.csv").exists()
        harness.end()
        assert (tmp_path / "rows.csv").exists()


def test_processing_time_windows_close_as_the_clock_is_moved(env) -> None:
    with PipelineHarness(env, start_time_ms=500) as harness:
        source = harness.source(PAIR)
        windowed = (
            source.stream.key_by(lambda row: row[0])
            .window(TumblingProcessingTimeWindows.of(Time.seconds(1)))
            .reduce(lambda one, other: (one[0], one[1] + other[1]))
        )
        closed = harness.collect(windowed)
        source.push(("a", 1))
        harness.advance_processing_time(400)
        source.push(("a", 2))
        assert closed.rows() == []
        harness.set_processing_time(1000)
        assert closed.rows() == [("a", 3)]


def test_operators_can_be_looked_into_by_name_over_all_subtasks(env) -> None:
    class Remembers(KeyedProcessFunction):
        def open(self, runtime_context):
            self.seen = runtime_context.get_state(SEEN)

        def process_element(self, value, ctx):
            self.seen.update(value[1])
            ctx.timer_service().register_event_time_timer(value[1])

    with PipelineHarness(env, parallelism=3) as harness:
        source = harness.source(PAIR)
        kept = source.stream.key_by(lambda row: row[0]).process(Remembers()).uid("remembers")
        harness.collect(kept)
        for name in "abcdef":
            source.push((name, ord(name)))
        view = harness.operator("remembers")
        assert [view.state(name, SEEN) for name in "abcdef"] == [97, 98, 99, 100, 101, 102]
        assert sorted(view.state_entries()["seen"]) == list("abcdef")
        assert sorted(timer.time_ms for timer in view.event_timers()) == list(range(97, 103))
        with pytest.raises(InvalidPipelineError, match="no operator is called 'nothing'"):
            harness.operator("nothing")


def test_watermarks_for_a_year_of_clock_cost_little(env) -> None:
    class Second:
        def extract_timestamp(self, value, record_timestamp):
            return value[1]

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    with PipelineHarness(env) as harness:
        source = harness.source(PAIR)
        timed = harness.collect(sums(source.stream.assign_timestamps_and_watermarks(strategy)))
        source.push(("a", 6000))
        harness.advance_processing_time(Time.days(365))
        assert timed.watermark_ms == 5999
        source.push(("a", 10_001))
        harness.advance_processing_time(200)
        assert timed.rows() == [("a", 6000)]


def test_the_program_is_fixed_at_the_first_push(env) -> None:
    with PipelineHarness(env) as harness:
        source = harness.source(PAIR)
        harness.collect(source.stream.map(str))
        source.push(("a", 1))
        for call in (lambda: harness.source(), lambda: harness.collect(source.stream)):
            with pytest.raises(InvalidPipelineError, match="after the first push"):
                call()
        source.end()
        with pytest.raises(InvalidPipelineError, match="source 0 has ended"):
            source.push(("a", 1))


def test_a_program_with_sources_of_a_harness_does_not_run_by_itself(env) -> None:
    with PipelineHarness(env) as harness:
        harness.source(PAIR).stream.map(str).print()
        with pytest.raises(InvalidPipelineError, match="has rows only in its harness"):
            env.execute()


def test_what_is_no_stream_is_refused(env) -> None:
    with PipelineHarness(env) as harness:
        with pytest.raises(InvalidTypeError, match=r"collect\(\) takes a DataStream"):
            harness.collect("rows")
        with pytest.raises(InvalidTypeError, match="takes a DataStream"):
            harness.source_in_place_of("rows")
