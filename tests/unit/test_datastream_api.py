"""Building programs: what a method appends, what it refuses, and what its errors say."""

import importlib
import json
from pathlib import Path

import pytest

from flinkette.common import Configuration, Duration, Row, Time, Types, WatermarkStrategy
from flinkette.connectors.base import StreamTransformer, SupportsPreprocessing
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    UnsupportedFeatureError,
)
from flinkette.contracts.functions import (
    AggregateFunction,
    AllWindowFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessAllWindowFunction,
    ProcessFunction,
    ProcessWindowFunction,
    ReduceFunction,
    WindowFunction,
)
from flinkette.datastream import (
    CheckpointingMode,
    ExternalizedCheckpointRetention,
    MemorySize,
    OutputTag,
    RuntimeExecutionMode,
    SlotSharingGroup,
    StreamExecutionEnvironment,
)
from flinkette.datastream.connectors.number_seq import NumberSequenceSource
from flinkette.datastream.launch_options import set_launch_options
from flinkette.datastream.submission import graph_to_submit
from flinkette.datastream.window import CountTrigger, TumblingEventTimeWindows
from flinkette.ext import RowError, on_row_error
from flinkette.ext.sinks import BlackholeSink
from flinkette.graph.transformations import Exchange

PAIR = Types.TUPLE([Types.STRING(), Types.INT()])
FIVE_SECONDS = TumblingEventTimeWindows.of(Time.seconds(5))


class Doubled(MapFunction):
    def map(self, value):
        return value * 2


class Words(FlatMapFunction):
    def flat_map(self, value):
        return value.split()


class Even(FilterFunction):
    def filter(self, value):
        return value % 2 == 0


class Later(ReduceFunction):
    def reduce(self, value1, value2):
        return value2


class PassOn(ProcessFunction):
    def process_element(self, value, ctx):
        yield value


class KeyedPassOn(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value


class Rows(WindowFunction):
    def apply(self, key, window, inputs):
        yield from inputs


class RowsWithContext(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield from elements


class AllRows(AllWindowFunction):
    def apply(self, window, inputs):
        yield from inputs


class AllRowsWithContext(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield from elements


class Length(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + 1

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def pairs(env):
    return env.from_collection([("a", 1), ("b", 2)], PAIR)


@pytest.fixture
def by_key(pairs):
    return pairs.key_by(lambda pair: pair[0])


def node_of(stream):
    (edge,) = stream._edges
    return edge.source


def line_of(text):
    """Return the line of this file that holds `text` first."""
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


# What a method appends


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda s: s.map(lambda x: x), "Map"),
        (lambda s: s.map(Doubled()), "Map"),
        (lambda s: s.map(str), "Map"),
        (lambda s: s.flat_map(Words()), "FlatMap"),
        (lambda s: s.filter(Even()), "Filter"),
        (lambda s: s.process(PassOn()), "PROCESS"),
        (lambda s: s.project(0), "Projection"),
        (lambda s: s.key_by(str).process(KeyedPassOn()), "KEYED PROCESS"),
        (lambda s: s.key_by(str).reduce(Later()), "Reduce"),
        (lambda s: s.key_by(str).min_by("f0"), "Reduce"),
        (lambda s: s.key_by(str).window(FIVE_SECONDS).apply(Rows()), "TumblingEventTimeWindows"),
        (lambda s: s.key_by(str).count_window(3).apply(Rows()), "CountTumblingWindowAssigner"),
        (lambda s: s.key_by(str).count_window(3, 1).apply(Rows()), "CountSlidingWindowAssigner"),
        (lambda s: s.window_all(FIVE_SECONDS).apply(AllRows()), "TumblingEventTimeWindows"),
        (
            lambda s: s.assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks()),
            "Timestamps/Watermarks",
        ),
    ],
)
def test_an_operator_has_pyflinks_name(pairs, build, name):
    assert build(pairs).get_name() == name


def test_a_source_is_called_as_the_program_says(env):
    source = NumberSequenceSource(1, 3)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
    assert numbers.get_name() == "numbers"
    assert node_of(numbers).name == "Source: numbers"
    assert numbers.get_type() == Types.LONG()


def test_naming_a_sink_keeps_the_word_sink_before_it(pairs):
    sink = pairs.print().name("out").uid("out-1").set_parallelism(1).disable_chaining()
    assert sink._node.name == "Sink: out"
    assert (sink._node.uid, sink._node.parallelism) == ("out-1", 1)


def test_a_node_knows_the_users_file_and_line(pairs):
    mapped = pairs.map(lambda x: x)  # here
    site = node_of(mapped).call_site
    assert (site.file, site.line) == (__file__, line_of("  # here"))


def test_settings_change_the_operator_and_return_the_stream(pairs):
    mapped = pairs.map(lambda x: x)
    assert (
        mapped.name("n")
        .uid("u")
        .set_parallelism(3)
        .set_max_parallelism(7)
        .set_buffer_timeout(0)
        .start_new_chain()
        .disable_chaining()
        .slot_sharing_group("g")
        .set_description("d")
        is mapped
    )
    node = node_of(mapped)
    assert (node.name, node.uid, node.parallelism, node.max_parallelism) == ("n", "u", 3, 7)
    assert (node.buffer_timeout_ms, node.slot_sharing_group, node.description) == (0, "g", "d")
    assert node.is_chain_start
    assert node.is_chaining_disabled


def test_an_operator_can_be_kept_to_one_subtask(pairs):
    node = node_of(pairs.map(str).force_non_parallel())
    assert node.is_non_parallel
    assert node.parallelism == 1


def test_parallelism_minus_one_means_the_environments(pairs):
    mapped = pairs.map(str).set_parallelism(2).set_parallelism(-1)
    assert node_of(mapped).parallelism is None


def test_a_type_is_kept_where_rows_stay_as_they_are(pairs):
    assert pairs.filter(Even()).get_type() == PAIR
    assert pairs.rebalance().get_type() == PAIR
    assert pairs.key_by(str).reduce(Later()).get_type() == PAIR
    assert pairs.key_by(str).sum(1).get_type() == PAIR
    assert pairs.key_by(str).window(FIVE_SECONDS).reduce(Later()).get_type() == PAIR
    assert pairs.project(1, 0).get_type() == Types.TUPLE([Types.INT(), Types.STRING()])


def test_a_type_is_pickled_where_nothing_is_declared(pairs):
    pickled = Types.PICKLED_BYTE_ARRAY()
    assert pairs.map(str).get_type() == pickled
    assert pairs.key_by(str).window(FIVE_SECONDS).apply(Rows()).get_type() == pickled
    assert pairs.key_by(str).window(FIVE_SECONDS).reduce(Later(), Rows()).get_type() == pickled


def test_key_by_is_a_node_and_hash_edges(by_key):
    mapped = node_of(by_key.map(lambda x: x))
    (edge,) = mapped.inputs
    assert edge.exchange is Exchange.HASH
    assert type(edge.source.operator).__name__ == "KeyByDescription"
    assert mapped.operator.is_keyed


def test_key_by_runs_as_wide_as_the_operator_before_it(env, pairs):
    mapped = pairs.map(str)
    keyed = mapped.key_by(str)
    mapped.set_parallelism(3)
    keyed.reduce(Later()).print()
    widths = {node.name: node.parallelism for node in graph_to_submit(env._stream_graph).nodes}
    assert widths["_stream_key_by_map_operator"] == 3


def test_keying_again_starts_from_the_stream_before(pairs):
    again = pairs.key_by(str).key_by(len)
    (edge,) = again._edges[0].source.inputs
    assert edge.source is node_of(pairs)


@pytest.mark.parametrize(
    ("method", "exchange"),
    [
        ("rebalance", Exchange.REBALANCE),
        ("rescale", Exchange.RESCALE),
        ("shuffle", Exchange.SHUFFLE),
        ("forward", Exchange.FORWARD),
        ("broadcast", Exchange.BROADCAST),
    ],
)
def test_an_exchange_is_an_edge_the_user_asked_for(pairs, method, exchange):
    (edge,) = getattr(pairs, method)()._edges
    assert edge.exchange is exchange
    assert edge.is_explicit
    assert edge.source is node_of(pairs)


def test_a_custom_exchange_carries_partitioner_and_key(pairs):
    choose, key = lambda key, n: 0, lambda row: row[0]
    (edge,) = pairs.partition_custom(choose, key)._edges
    assert (edge.exchange, edge.partitioner, edge.key_selector) == (Exchange.CUSTOM, choose, key)


def test_union_joins_edges_and_a_stream_given_twice_comes_twice(pairs):
    joined = pairs.union(pairs.rebalance(), pairs)
    exchanges = [edge.exchange for edge in joined._edges]
    assert exchanges == [Exchange.FORWARD, Exchange.REBALANCE, Exchange.FORWARD]


def test_a_keyed_stream_in_a_union_brings_its_values_by_key(pairs):
    assert pairs.key_by(str).union(pairs)._edges[0].exchange is Exchange.HASH


def test_window_all_reads_over_a_global_edge_with_one_subtask(pairs):
    node = node_of(pairs.window_all(FIVE_SECONDS).process(AllRowsWithContext()))
    assert node.inputs[0].exchange is Exchange.GLOBAL
    assert node.operator.is_all
    assert node.is_non_parallel


def test_a_window_keeps_trigger_lateness_and_late_tag(by_key):
    late = OutputTag("late", PAIR)
    trigger = CountTrigger.of(2)
    windows = by_key.window(FIVE_SECONDS).trigger(trigger).allowed_lateness(10)
    operator = node_of(windows.side_output_late_data(late).process(RowsWithContext())).operator
    assert (operator.trigger, operator.allowed_lateness_ms) == (trigger, 10)
    assert operator.late_tag is late
    assert operator.kind == "process"


def test_without_a_trigger_the_assigners_own_is_left_to_the_engine(by_key):
    assert node_of(by_key.window(FIVE_SECONDS).apply(Rows())).operator.trigger is None


def test_a_side_output_is_an_edge_with_its_type(pairs):
    tag = OutputTag("other", Types.STRING())
    side = pairs.process(PassOn()).get_side_output(tag)
    assert side._edges[0].tag is tag
    assert side.get_type() == Types.STRING()


def test_a_side_output_can_be_named(pairs):
    side = pairs.process(PassOn()).get_side_output(OutputTag("other"))
    assert side.name("others").get_name() == "others"
    assert node_of(side).inputs[0].tag == OutputTag("other")


# What a method refuses


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
        (lambda s: s.key_by(str).window(FIVE_SECONDS).side_output_late_data("x"), "OutputTag"),
        (lambda s: s.get_side_output("late"), "needs a OutputTag"),
        (lambda s: s.sink_to(print), "sink_to() needs a Sink"),
        (lambda s: s.union([]), "union() needs"),
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
        lambda s: s.connect(s),
        lambda s: s.cache(),
        lambda s: s.broadcast(object()),
        lambda s: s._env.create_input(None),
    ],
)
def test_what_is_not_there_yet_says_so(pairs, build):
    with pytest.raises(UnsupportedFeatureError, match=r"test_datastream_api\.py"):
        build(pairs)


# The environment


def test_settings_of_the_environment_are_configuration_keys(env):
    env.set_parallelism(3).set_max_parallelism(12).set_buffer_timeout(5)
    env.disable_operator_chaining().set_runtime_mode(RuntimeExecutionMode.BATCH)
    env.set_default_savepoint_directory("file:///s").enable_changelog_state_backend(True)
    assert (env.get_parallelism(), env.get_max_parallelism()) == (3, 12)
    assert env.get_buffer_timeout() == 5
    assert not env.is_chaining_enabled()
    assert env.get_default_savepoint_directory() == "file:///s"
    assert env.is_changelog_state_backend_enabled() is True
    settings = env._configuration.to_dict()
    assert settings["parallelism.default"] == "3"
    assert settings["execution.runtime-mode"] == "BATCH"


def test_an_environment_starts_with_pyflinks_defaults(env):
    assert env.get_parallelism() == env.get_default_local_parallelism() >= 1
    assert env.get_max_parallelism() == -1
    assert env.get_buffer_timeout() == 100
    assert env.is_chaining_enabled()
    assert env.is_chaining_of_operators_with_different_max_parallelism_enabled()
    assert env.get_checkpoint_interval() == -1
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE
    assert env.is_changelog_state_backend_enabled() is None
    assert env.get_default_savepoint_directory() is None
    assert not env.is_unaligned_checkpoints_enabled()


def test_no_buffer_timeout_means_minus_one(env):
    assert env.set_buffer_timeout(-1).get_buffer_timeout() == -1


def test_checkpoint_settings_are_a_view_of_the_environment(env):
    env.enable_checkpointing(500)
    config = env.get_checkpoint_config()
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert config.get_checkpoint_timeout() == 600_000
    assert config.get_max_concurrent_checkpoints() == 1
    assert config.is_fail_on_checkpointing_errors()
    config.set_min_pause_between_checkpoints(20).set_tolerable_checkpoint_failure_number(2)
    config.set_aligned_checkpoint_timeout(Duration.of_seconds(1)).enable_unaligned_checkpoints()
    config.set_externalized_checkpoint_retention(
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
    )
    config.set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE)
    again = env.get_checkpoint_config()
    assert again.get_min_pause_between_checkpoints() == 20
    assert not again.is_fail_on_checkpointing_errors()
    assert again.get_aligned_checkpoint_timeout() == Duration.of_seconds(1)
    assert again.is_externalized_checkpoints_enabled()
    assert env.is_unaligned_checkpoints_enabled()
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda e: e.set_parallelism(0), InvalidPipelineError),
        (lambda e: e.set_parallelism(True), InvalidTypeError),
        (lambda e: e.set_max_parallelism(32769), InvalidPipelineError),
        (lambda e: e.set_buffer_timeout(-2), InvalidPipelineError),
        (lambda e: e.set_runtime_mode("BATCH"), InvalidTypeError),
        (lambda e: e.enable_checkpointing(0), InvalidPipelineError),
        (lambda e: e.from_collection(5), InvalidTypeError),
        (lambda e: e.from_collection([1], int), InvalidTypeError),
        (
            lambda e: e.from_source([1], WatermarkStrategy.no_watermarks(), "numbers"),
            InvalidTypeError,
        ),
        (lambda e: e.from_source(NumberSequenceSource(1, 2), None, "numbers"), InvalidTypeError),
        (lambda e: e.configure({"a": "b"}), InvalidTypeError),
        (lambda e: e.add_python_file("/no/such/file.py"), InvalidPipelineError),
    ],
)
def test_the_environment_refuses_wrong_values_at_the_call(env, build, error):
    with pytest.raises(error):
        build(env)


def test_a_configuration_gives_the_parallelism_and_is_copied():
    configuration = Configuration().set_integer("parallelism.default", 3)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    configuration.set_integer("parallelism.default", 5)
    assert env.get_parallelism() == 3


def test_a_configuration_with_parallelism_0_is_refused():
    configuration = Configuration().set_integer("parallelism.default", 0)
    with pytest.raises(InvalidPipelineError, match="got 0"):
        StreamExecutionEnvironment.get_execution_environment(configuration)


def test_the_command_line_gives_defaults_and_the_program_wins():
    set_launch_options({"parallelism.default": "3", "pipeline.name": "outer"})
    try:
        assert StreamExecutionEnvironment.get_execution_environment().get_parallelism() == 3
        own = Configuration().set_integer("parallelism.default", 2)
        env = StreamExecutionEnvironment.get_execution_environment(own)
        assert env.get_parallelism() == 2
    finally:
        set_launch_options({})


def test_jars_are_ignored_with_a_warning(env):
    with pytest.warns(UserWarning, match="no JVM"):
        env.add_jars("file:///kafka.jar")


# Submitting


def test_an_empty_program_is_refused(env):
    env.from_collection([1])
    with pytest.raises(InvalidPipelineError, match="nothing to execute"):
        env.execute()


def test_a_second_job_takes_operators_of_the_first_that_it_reads(env):
    numbers = env.from_collection([1]).map(str)
    numbers.print()
    first = graph_to_submit(env._stream_graph)
    env._stream_graph.clear()
    numbers.filter(bool).print()
    second = graph_to_submit(env._stream_graph)
    names = ["Source: Collection Source", "Map", "Sink: Print to Std. Out"]
    assert [node.name for node in first.nodes] == names
    assert [node.name for node in second.nodes] == [*names[:2], "Filter", names[2]]


def test_the_plan_has_flinks_shape(env, pairs):
    env.set_parallelism(2)
    pairs.map(str).set_description("makes text").key_by(len).reduce(Later()).print()
    nodes = json.loads(env.get_execution_plan())["nodes"]
    assert [node["parallelism"] for node in nodes] == [1, 2, 2, 2, 2]
    assert nodes[1]["contents"] == "makes text"
    assert nodes[1]["predecessors"] == [
        {"id": nodes[0]["id"], "ship_strategy": "REBALANCE", "side": "second"}
    ]
    assert nodes[3]["predecessors"][0]["ship_strategy"] == "HASH"
    assert env.get_execution_plan(), "the program is still there"


def test_rows_come_to_the_caller_and_the_job_ends_with_the_iterator(env):
    env.set_parallelism(1)
    doubled = env.from_collection([1, 2, 3]).map(Doubled())
    assert doubled.execute_and_collect(limit=2) == [2, 4]
    with doubled.execute_and_collect("again") as rows:
        assert next(rows) == 2
        assert rows.next() == 4
    with pytest.raises(StopIteration):
        rows.next()


def test_an_error_of_the_job_comes_out_of_the_iterator(env):
    rows = env.from_collection([0]).map(lambda x: 1 / x).execute_and_collect()
    with rows, pytest.raises(RuntimeError) as failed:
        next(rows)
    assert isinstance(failed.value.__cause__, ZeroDivisionError)
    assert "Map" in str(failed.value)


def test_a_blackhole_takes_every_row(env):
    sink = BlackholeSink()
    env.from_collection(range(10)).sink_to(sink)
    env.execute()
    assert sink.num_rows == 10


# What PyFlink lacks


def test_a_row_error_policy_belongs_to_the_operator(pairs):
    bad = OutputTag("bad")
    mapped = on_row_error(pairs.map(str), "side-output", bad)
    assert node_of(mapped).row_error.action == "side-output"
    assert node_of(mapped).row_error.tag is bad
    assert RowError(1, "boom", "Map").error == "boom"


@pytest.mark.parametrize(
    ("action", "tag"), [("stop", None), ("skip", OutputTag("t")), ("side-output", None)]
)
def test_a_row_error_policy_must_make_sense(pairs, action, tag):
    with pytest.raises(InvalidPipelineError, match="on_row_error"):
        on_row_error(pairs.map(str), action, tag)


def form_cases():
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    def plain(batch): ...
    def arrow(batch: pa.RecordBatch): ...
    def table(batch: pa.Table): ...
    def pandas(batch: pd.DataFrame): ...
    def polars(batch: "pl.DataFrame"): ...
    def numpy(batch: dict[str, "np.ndarray"]): ...  # noqa: F821
    def text(batch: "pa.RecordBatch"): ...

    return [
        (plain, "arrow"), (arrow, "arrow"), (table, "table"), (pandas, "pandas"),
        (polars, "polars"), (numpy, "numpy"), (text, "arrow"),
    ]  # fmt: skip


@pytest.mark.parametrize(("function", "form"), form_cases())
def test_map_batches_takes_the_form_from_the_annotation(pairs, function, form):
    assert node_of(pairs.map_batches(function)).operator.form == form


def test_map_batches_refuses_an_annotation_that_is_no_form(pairs):
    def wrong(batch: int): ...

    with pytest.raises(InvalidPipelineError, match=r"annotate pyarrow\.RecordBatch"):
        pairs.map_batches(wrong)


def test_a_slot_sharing_group_names_its_resources():
    group = (
        SlotSharingGroup.builder("g")
        .set_cpu_cores(1.5)
        .set_task_heap_memory_mb(100)
        .set_external_resource("gpu", 1)
        .build()
    )
    assert group.get_task_heap_memory() == MemorySize.of_mebi_bytes(100)
    assert group.get_external_resources() == {"gpu": 1.0}
    assert group.get_managed_memory() is None
    with pytest.raises(InvalidPipelineError, match="cpu cores and task heap memory"):
        SlotSharingGroup.builder("g").set_cpu_cores(1.0).build()


@pytest.mark.parametrize("package", ["sinks", "sources", "aggregations"])
def test_every_name_of_ext_can_be_had(package):
    module = importlib.import_module(f"flinkette.ext.{package}")
    assert all(getattr(module, name) for name in module.__all__)


def test_the_old_flat_connector_names_can_be_had():
    connectors = importlib.import_module("flinkette.datastream.connectors")
    assert all(getattr(connectors, name) for name in connectors.__all__)


@pytest.mark.parametrize("kind", ["table", "polars", "reader", "pandas"])
def test_columns_in_memory_become_a_stream_of_named_rows(env, kind):
    import polars
    import pyarrow

    table = pyarrow.table({"k": ["a", "b"], "v": [1, 2]})
    data = {
        "table": table,
        "polars": polars.DataFrame(table),
        "reader": table.to_reader(),
        "pandas": table.to_pandas(),
    }[kind]
    rows = env.set_parallelism(1).from_arrow(data).execute_and_collect()
    with rows:
        assert list(rows) == [Row(k="a", v=1), Row(k="b", v=2)]


def test_a_sink_may_change_its_stream_before(pairs):
    class OnlyKeys(StreamTransformer):
        def apply(self, ds):
            return ds.map(lambda pair: pair[0])

    class Prepared(BlackholeSink, SupportsPreprocessing):
        def get_transformer(self):
            return OnlyKeys()

    node = pairs.sink_to(Prepared())._node
    assert node.inputs[0].source.name == "Map"
