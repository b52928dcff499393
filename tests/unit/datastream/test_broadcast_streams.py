"""What `broadcast` with descriptors and the stream connected with it append and refuse."""

import pytest

from flinkette.common import Types
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.data_stream import BroadcastConnectedStream, BroadcastStream
from flinkette.datastream.state import MapStateDescriptor, ValueStateDescriptor
from flinkette.graph.transformations import Exchange
from unit.datastream.programs import PAIR, PassOn, node_of

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())
NOTES = MapStateDescriptor("notes", Types.STRING(), Types.INT())


class Processed(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value

    def process_broadcast_element(self, value, ctx):
        yield value


class KeyedProcessed(KeyedBroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value

    def process_broadcast_element(self, value, ctx):
        yield value


def test_a_broadcast_stream_is_the_second_input_and_goes_everywhere(env, pairs, by_key):
    broadcast = env.from_collection(["x"]).broadcast(RULES, NOTES)
    assert isinstance(broadcast, BroadcastStream)
    connected = pairs.connect(broadcast)
    assert isinstance(connected, BroadcastConnectedStream)
    plain = connected.process(Processed(), PAIR)
    assert plain.get_name() == "Co-Process-Broadcast"
    assert plain.get_type() == PAIR
    node = node_of(plain)
    assert [(edge.exchange, edge.input_index) for edge in node.inputs] == [
        (Exchange.FORWARD, 0), (Exchange.BROADCAST, 1)
    ]  # fmt: skip
    assert node.operator.state_names == ("rules", "notes")
    keyed = by_key.connect(broadcast).process(KeyedProcessed())
    assert keyed.get_name() == "Keyed-Co-Process-Broadcast"
    assert node_of(keyed).operator.is_keyed
    assert node_of(keyed).inputs[0].exchange is Exchange.HASH


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s, k: s.broadcast("rules"), "broadcast() needs a MapStateDescriptor"),
        (lambda s, k: s.broadcast(RULES, 3), "broadcast() needs a MapStateDescriptor"),
        (lambda s, k: s.broadcast(None, RULES), "broadcast() needs a MapStateDescriptor"),
        (
            lambda s, k: s.broadcast(ValueStateDescriptor("v", Types.INT())),
            "broadcast() needs a MapStateDescriptor",
        ),
        (
            lambda s, k: s.connect(s.broadcast(RULES)).process(KeyedProcessed()),
            "the stream has no keys",
        ),
        (lambda s, k: k.connect(s.broadcast(RULES)).process(Processed()), "the stream has keys"),
        (
            lambda s, k: s.connect(s.broadcast(RULES)).process(PassOn()),
            "process() needs a BroadcastProcessFunction",
        ),
        (lambda s, k: s.connect(s.broadcast(RULES)).process(Processed(), 3), "output_type"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_at_the_call(pairs, by_key, build, words):
    with pytest.raises(InvalidTypeError) as refused:
        build(pairs, by_key)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)


def test_two_states_of_one_name_and_streams_of_two_programs_are_refused(pairs):
    with pytest.raises(InvalidPipelineError, match="two states of the name 'rules'"):
        pairs.broadcast(RULES, MapStateDescriptor("rules", Types.INT(), Types.INT()))
    other = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(InvalidPipelineError, match="another environment"):
        pairs.connect(other.broadcast(RULES))
