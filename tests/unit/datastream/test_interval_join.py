"""What an interval join appends, and what it refuses."""

import pytest

from flinkette.common import Duration, Time, Types
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.ext.joins import ProcessJoinFunction
from flinkette.graph.transformations import Exchange
from unit.datastream.programs import PAIR, Doubled, line_of, node_of

LATE = OutputTag("late")


class Both(ProcessJoinFunction):
    def process_element(self, left, right, ctx):
        yield left


@pytest.fixture
def join(env, by_key):
    return by_key.interval_join(env.from_collection(["c"]).key_by(lambda text: text))


@pytest.fixture
def joined(join):
    return join.between(Time.milliseconds(-5), Time.milliseconds(7))


def test_bounds_are_kept_in_milliseconds_with_both_inputs_by_key(joined):
    joined = joined.side_output_left_late_data(LATE).side_output_right_late_data(OutputTag("r"))
    stream = joined.process(Both(), PAIR)
    line = line_of(__file__, "joined.process(Both(), PAIR)")
    node = node_of(stream)
    operator = node.operator
    assert stream.get_name() == "Interval Join"
    assert stream.get_type() == PAIR
    assert [edge.input_index for edge in node.inputs] == [0, 1]
    assert [edge.exchange for edge in node.inputs] == [Exchange.HASH, Exchange.HASH]
    assert (operator.lower_ms, operator.upper_ms) == (-5, 7)
    assert (operator.left_late_tag, operator.right_late_tag.tag_id) == (LATE, "r")
    assert (node.call_site.file, node.call_site.line) == (__file__, line)


def test_exclusive_bounds_move_by_a_millisecond(joined):
    operator = node_of(joined.lower_bound_exclusive().process(Both())).operator
    assert (operator.lower_ms, operator.upper_ms) == (-4, 7)
    operator = node_of(joined.upper_bound_exclusive().process(Both())).operator
    assert (operator.lower_ms, operator.upper_ms) == (-4, 6)


def test_durations_are_lengths_of_time_too(join):
    joined = join.in_event_time().between(Duration.of_seconds(1), Duration.of_seconds(2))
    operator = node_of(joined.process(Both())).operator
    assert (operator.lower_ms, operator.upper_ms) == (1000, 2000)


def test_processing_time_is_refused_as_in_flink(join):
    with pytest.raises(InvalidPipelineError) as refused:
        join.in_processing_time()
    assert "over event time only" in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.between(1, Time.seconds(1)), "as its lower_bound, got int 1"),
        (lambda s: s.between(Time.seconds(1), "1 s"), "as its upper_bound, got str '1 s'"),
        (lambda s: s.between(Time.seconds(0), Time), "got the class Time"),
    ],
)
def test_a_bound_that_is_no_length_of_time_is_refused(join, build, words):
    with pytest.raises(InvalidTypeError) as refused:
        build(join)
    assert words in str(refused.value)


def test_bounds_with_nothing_between_are_refused(join):
    with pytest.raises(InvalidPipelineError, match="at least 2 ms and at most 1 ms apart"):
        join.between(Time.milliseconds(2), Time.milliseconds(1))
    point = join.between(Time.milliseconds(2), Time.milliseconds(2)).lower_bound_exclusive()
    with pytest.raises(InvalidPipelineError, match="at least 3 ms and at most 2 ms apart"):
        point.process(Both())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.process(len), "process() needs a ProcessJoinFunction"),
        (lambda s: s.process(Doubled()), "process() needs a ProcessJoinFunction"),
        (lambda s: s.process(Both), "pass an instance: Both(...)"),
        (lambda s: s.process(Both(), int), "process(output_type=...)"),
        (lambda s: s.side_output_left_late_data("x"), "left_late_data() needs a OutputTag"),
        (lambda s: s.side_output_right_late_data("x"), "right_late_data() needs a OutputTag"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_at_the_call(joined, build, words):
    with pytest.raises(InvalidTypeError) as refused:
        build(joined)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)


def test_the_other_stream_needs_keys_of_the_same_type_in_the_same_program(env, by_key):
    texts = env.from_collection(["c"])
    with pytest.raises(InvalidTypeError, match=r"call key_by\(\.\.\.\) on the other stream first"):
        by_key.interval_join(texts)
    with pytest.raises(InvalidPipelineError, match=r"interval_join\(\) needs keys of one type"):
        by_key.interval_join(texts.key_by(len, Types.LONG()))
    other = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(InvalidPipelineError, match="a stream of another environment"):
        by_key.interval_join(other.key_by(str))
