"""What a method of a stream refuses at the call, and what its error says."""

import pytest

from flinkette.common import Types
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    UnsupportedFeatureError,
)
from flinkette.datastream import (
    OutputTag,
    StreamExecutionEnvironment,
)
from flinkette.datastream.window import CountTrigger, TumblingEventTimeWindows
from unit.datastream.programs import (
    FIVE_SECONDS,
    PAIR,
    AllRows,
    Doubled,
    KeyedPassOn,
    Later,
    PassOn,
    RowsWithContext,
)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.map(3), "map() needs a MapFunction or a callable function, got int 3"),
        (lambda s: s.map(Doubled), "pass Doubled(...)"),
        (lambda s: s.map(PassOn()), "map() needs a MapFunction"),
        (lambda s: s.flat_map(None), "flat_map() needs"),
        (lambda s: s.filter("x"), "filter() needs"),
        (lambda s: s.key_by(3), "key_by() needs a KeySelector"),
        (lambda s: s.process(lambda x: x), "process() needs a ProcessFunction"),
        (lambda s: s.process(KeyedPassOn()), "needs key_by(...) before"),
        (lambda s: s.key_by(str).process(PassOn()), "process() needs a KeyedProcessFunction"),
        (lambda s: s.key_by(str).reduce(3), "reduce() needs a ReduceFunction"),
        (lambda s: s.key_by(str).sum(1.5), "needs the position (int) or name (str)"),
        (lambda s: s.key_by(str).window(5), "window() needs a WindowAssigner"),
        (lambda s: s.window_all(TumblingEventTimeWindows), "window_all() needs a WindowAssigner"),
        (lambda s: s.map(str, output_type=int), "Types.LONG()"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).apply(RowsWithContext()), "WindowFunction"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).process(AllRows()), "ProcessWindowFunction"),
        (
            lambda s: s.key_by(str).window(FIVE_SECONDS).reduce(Later(), AllRows()),
            "window_function",
        ),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).aggregate(len), "AggregateFunction"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).trigger(CountTrigger), "Trigger"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).evictor(3), "evictor() needs a Evictor"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).side_output_late_data("x"), "OutputTag"),
        (lambda s: s.get_side_output("late"), "needs a OutputTag"),
        (lambda s: s.sink_to(print), "sink_to() needs a Sink"),
        (lambda s: s.union([]), "union() needs"),
        (lambda s: s.broadcast(object()), "broadcast() needs a MapStateDescriptor"),
        (lambda s: s.assign_timestamps_and_watermarks(5), "needs a WatermarkStrategy"),
        (lambda s: s.name(3), "name() needs a str"),
        (lambda s: s.set_parallelism("2"), "must be an int"),
        (lambda s: s.map_batches(3), "map_batches() needs a callable"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_at_the_call(pairs, build, words):
    with pytest.raises(InvalidTypeError) as refused:
        build(pairs)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)
    assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.map(str).set_parallelism(0), "must be at least 1, got 0"),
        (lambda s: s.map(str).set_parallelism(-2), "must be at least 1, got -2"),
        (lambda s: s.map(str).set_parallelism(40000), "at most 32768, got 40000"),
        (lambda s: s.map(str).set_max_parallelism(0), "must be at least 1"),
        (lambda s: s.set_parallelism(2), "its parallelism must be 1, got 2"),
        (lambda s: s.key_by(str).count_window(0), "size must be at least 1, got 0"),
        (lambda s: s.key_by(str).count_window(2, -1), "slide must be at least 0"),
        (lambda s: s.key_by(str).sum(-1), "must be 0 or more, got -1"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).allowed_lateness(-5), "at least 0, got -5"),
        (lambda s: s.project(), "at least one field"),
        (lambda s: s.project(5), "field 5 is out of range"),
        (lambda s: s.map(str, Types.STRING()).project(0), "works on streams of tuples"),
        (lambda s: s.union(s.map(len, Types.INT())), "needs streams of one type"),
        (lambda s: s.rebalance().name("x"), "name() was called on the result of a method"),
        (lambda s: s.union(s).uid("x"), "uid() was called on the result of a method"),
        (lambda s: s.rebalance().get_side_output(OutputTag("t")), "makes no operator"),
        (lambda s: s.map(str).set_uid_hash("xyz"), "not 32 hexadecimal digits"),
        (lambda s: s.execute_and_collect(limit=0), "limit must be at least 1"),
    ],
)
def test_a_value_out_of_range_is_refused_at_the_call(pairs, build, words):
    with pytest.raises(InvalidPipelineError) as refused:
        build(pairs)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)
    assert isinstance(refused.value, ValueError)


def test_streams_of_two_environments_do_not_join(pairs):
    other = StreamExecutionEnvironment.get_execution_environment().from_collection([("c", 3)], PAIR)
    with pytest.raises(InvalidPipelineError, match="another environment"):
        pairs.union(other)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("shuffle", ()), ("rescale", ()), ("rebalance", ()), ("forward", ()), ("broadcast", ()),
        ("partition_custom", (max, str)), ("set_parallelism", (1,)), ("name", ("n",)),
        ("get_name", ()), ("uid", ("u",)), ("set_uid_hash", ("0" * 32,)),
        ("set_max_parallelism", (1,)), ("force_non_parallel", ()), ("set_buffer_timeout", (1,)),
        ("start_new_chain", ()), ("disable_chaining", ()), ("slot_sharing_group", ("g",)),
        ("cache", ()),
    ],
)  # fmt: skip
def test_a_keyed_stream_refuses_what_pyflinks_refuses(by_key, method, arguments):
    with pytest.raises(InvalidPipelineError, match="KeyedStream"):
        getattr(by_key, method)(*arguments)


@pytest.mark.parametrize(
    "build",
    [
        lambda s: s.cache(),
        lambda s: s._env.create_input(None),
    ],
)
def test_what_is_not_there_yet_says_so(pairs, build):
    with pytest.raises(UnsupportedFeatureError, match=r"test_what_methods_refuse\.py"):
        build(pairs)
