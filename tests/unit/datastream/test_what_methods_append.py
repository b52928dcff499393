"""What a method of a stream appends to the program."""

import pytest

from flinkette.common import Types, WatermarkStrategy
from flinkette.datastream import (
    OutputTag,
)
from flinkette.datastream.connectors.number_seq import NumberSequenceSource
from flinkette.datastream.submission import graph_to_submit
from flinkette.datastream.window import CountTrigger
from flinkette.graph.transformations import Exchange
from unit.datastream.programs import (
    FIVE_SECONDS,
    PAIR,
    AllRows,
    AllRowsWithContext,
    Doubled,
    Even,
    KeyedPassOn,
    Later,
    PassOn,
    Rows,
    RowsWithContext,
    Words,
    line_of,
    node_of,
)


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
    assert (site.file, site.line) == (__file__, line_of(__file__, "  # here"))


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
