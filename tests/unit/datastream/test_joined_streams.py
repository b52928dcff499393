"""What joins in windows append, and what they refuse."""

import pytest

from flinkette.common import Time, Types
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import CountTrigger
from flinkette.ext.joins import CoGroupFunction, FlatJoinFunction, JoinFunction
from flinkette.graph.transformations import Exchange
from unit.datastream.programs import FIVE_SECONDS, PAIR, Doubled, line_of, node_of


class Joined(JoinFunction):
    def join(self, first, second):
        return first


class FlatJoined(FlatJoinFunction):
    def join(self, first, second):
        yield first


class Grouped(CoGroupFunction):
    def co_group(self, first, second):
        yield from first


@pytest.fixture
def texts(env):
    return env.from_collection(["c"])


@pytest.fixture
def joined(pairs, texts):
    return pairs.join(texts).where(lambda pair: pair[0]).equal_to(lambda text: text)


@pytest.fixture
def grouped(pairs, texts):
    return pairs.co_group(texts).where(lambda pair: pair[0]).equal_to(lambda text: text)


def test_a_join_is_a_window_with_two_inputs_by_key(pairs, texts):
    by_key = pairs.join(texts).where(len, Types.LONG()).equal_to(len, Types.LONG())
    windows = by_key.window(FIVE_SECONDS).trigger(CountTrigger.of(2))
    stream = windows.allowed_lateness(Time.seconds(1)).apply(Joined(), PAIR)
    line = line_of(__file__, "windows.allowed_lateness(")
    node = node_of(stream)
    assert stream.get_name() == "Window Join"
    assert stream.get_type() == PAIR
    assert [edge.input_index for edge in node.inputs] == [0, 1]
    assert [edge.exchange for edge in node.inputs] == [Exchange.HASH, Exchange.HASH]
    assert [edge.source.operator.selector for edge in node.inputs] == [len, len]
    assert (node.operator.kind, node.operator.allowed_lateness_ms) == ("join", 1000)
    assert isinstance(node.operator.trigger, CountTrigger)
    assert (node.call_site.file, node.call_site.line) == (__file__, line)


@pytest.mark.parametrize("function", [Joined(), FlatJoined(), lambda first, second: first])
def test_a_join_takes_three_kinds_of_functions(joined, function):
    operator = node_of(joined.window(FIVE_SECONDS).apply(function)).operator
    assert operator.window_function is function


@pytest.mark.parametrize("function", [Grouped(), lambda first, second: first])
def test_a_co_group_takes_two_kinds_of_functions(grouped, function):
    stream = grouped.window(FIVE_SECONDS).apply(function)
    assert stream.get_name() == "Window Co-Group"
    assert node_of(stream).operator.window_function is function


def test_keys_that_the_streams_had_do_not_matter(by_key, texts):
    stream = texts.join(by_key).where(len).equal_to(len).window(FIVE_SECONDS).apply(Joined())
    assert [edge.source.operator.selector for edge in node_of(stream).inputs] == [len, len]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.window(5), "window() needs a WindowAssigner"),
        (lambda s: s.window(FIVE_SECONDS).trigger(5), "trigger() needs a Trigger"),
        (lambda s: s.window(FIVE_SECONDS).apply(5), "apply() needs a JoinFunction or a callable"),
        (lambda s: s.window(FIVE_SECONDS).apply(Joined), "pass Joined(...)"),
        (lambda s: s.window(FIVE_SECONDS).apply(Doubled()), "apply() needs a JoinFunction"),
        (lambda s: s.window(FIVE_SECONDS).apply(Grouped()), "apply() needs a JoinFunction"),
        (lambda s: s.window(FIVE_SECONDS).apply(Joined(), int), "apply(output_type=...)"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_at_the_call(joined, build, words):
    with pytest.raises(InvalidTypeError) as refused:
        build(joined)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)


def test_a_co_group_refuses_functions_of_joins(grouped):
    with pytest.raises(InvalidTypeError, match=r"apply\(\) needs a CoGroupFunction"):
        grouped.window(FIVE_SECONDS).apply(Joined())


@pytest.mark.parametrize("method", ["join", "co_group"])
def test_what_is_no_stream_or_of_another_program_cannot_be_joined(pairs, method):
    with pytest.raises(InvalidTypeError, match=rf"{method}\(\) needs a DataStream"):
        getattr(pairs, method)([1, 2])
    other = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(InvalidPipelineError, match=rf"{method}\(\) got a stream of another env"):
        getattr(pairs, method)(other)


def test_keys_of_two_types_are_refused(pairs, texts):
    with pytest.raises(InvalidPipelineError) as refused:
        pairs.join(texts).where(len, Types.LONG()).equal_to(len, Types.STRING())
    assert "equal_to() needs keys of one type" in str(refused.value)
    assert "same key_type" in str(refused.value)
