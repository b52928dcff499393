"""What methods of connected streams append, and what they refuse."""

import pytest

from flinkette.common import Types
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
)
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.connected_streams import ConnectedStreams
from flinkette.graph.transformations import Exchange
from unit.datastream.programs import PAIR, Doubled, line_of, node_of


class Mapped(CoMapFunction):
    def map1(self, value):
        return value

    def map2(self, value):
        return value


class FlatMapped(CoFlatMapFunction):
    def flat_map1(self, value):
        return [value]

    def flat_map2(self, value):
        return [value]


class Processed(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield value

    def process_element2(self, value, ctx):
        yield value


class KeyedProcessed(KeyedCoProcessFunction):
    def process_element1(self, value, ctx):
        yield value

    def process_element2(self, value, ctx):
        yield value


@pytest.fixture
def connected(env, pairs):
    return pairs.connect(env.from_collection(["c"]))


@pytest.fixture
def keyed(connected):
    return connected.key_by(lambda pair: pair[0], lambda text: text, Types.STRING())


@pytest.mark.parametrize(
    ("build", "name", "keyed_name"),
    [
        (lambda s: s.map(Mapped()), "Co-Map", "Co-Map"),
        (lambda s: s.flat_map(FlatMapped()), "Co-Flat Map", "Co-Flat Map"),
        (lambda s: s.process(Processed()), "Co-Process", "Keyed Co-Process"),
    ],
)
def test_an_operator_has_pyflinks_name_and_may_be_keyed(connected, keyed, build, name, keyed_name):
    assert build(connected).get_name() == name
    assert not node_of(build(connected)).operator.is_keyed
    assert build(keyed).get_name() == keyed_name
    assert node_of(build(keyed)).operator.is_keyed


def test_edges_say_which_input_they_are_of_and_a_union_has_several(env, pairs):
    texts = env.from_collection(["c"])
    stream = pairs.rebalance().connect(texts.union(texts)).map(Mapped(), PAIR)
    line = line_of(__file__, "pairs.rebalance().connect(")
    node = node_of(stream)
    assert [edge.input_index for edge in node.inputs] == [0, 1, 1]
    assert [edge.exchange for edge in node.inputs] == [
        Exchange.REBALANCE, Exchange.FORWARD, Exchange.FORWARD
    ]  # fmt: skip
    assert (node.call_site.file, node.call_site.line) == (__file__, line)
    assert stream.get_type() == PAIR


def test_key_by_takes_the_place_of_the_keys_there_were(keyed):
    again = keyed.key_by(len, len)
    assert isinstance(again, ConnectedStreams)
    assert again.stream1._origin_stream is keyed.stream1._origin_stream
    nodes = [edge.source for edge in node_of(again.process(KeyedProcessed())).inputs]
    assert [node.operator.selector for node in nodes] == [len, len]


def test_one_stream_by_key_makes_no_keyed_function(by_key, pairs):
    assert by_key.connect(pairs).process(Processed()).get_name() == "Co-Process"
    with pytest.raises(InvalidTypeError, match=r"key_by\(\.\.\.\) of both streams"):
        by_key.connect(pairs).process(KeyedProcessed())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.map(lambda x: x), "map() needs a CoMapFunction"),
        (lambda s: s.map(Doubled()), "map() needs a CoMapFunction"),
        (lambda s: s.map(Mapped), "pass an instance: Mapped(...)"),
        (lambda s: s.flat_map(Mapped()), "flat_map() needs a CoFlatMapFunction"),
        (lambda s: s.process(len), "process() needs a CoProcessFunction"),
        (lambda s: s.process(KeyedProcessed()), "needs key_by(...) of both streams"),
        (lambda s: s.map(Mapped(), int), "map(output_type=...)"),
        (lambda s: s.key_by(3, len), "key_by() needs a KeySelector"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_at_the_call(connected, build, words):
    with pytest.raises(InvalidTypeError) as refused:
        build(connected)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)


def test_what_is_no_stream_or_of_another_program_cannot_be_connected(pairs):
    with pytest.raises(InvalidTypeError, match=r"connect\(\) needs a DataStream"):
        pairs.connect([1, 2])
    other = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(InvalidPipelineError, match=r"connect\(\) got a stream of another env"):
        pairs.connect(other)


def test_keys_of_two_types_are_refused(pairs):
    first, second = pairs.key_by(len, Types.LONG()), pairs.key_by(str, Types.STRING())
    with pytest.raises(InvalidPipelineError) as refused:
        first.connect(second).map(Mapped())
    assert "Long" in str(refused.value)
    assert "String" in str(refused.value)
    assert "same key_type" in str(refused.value)
