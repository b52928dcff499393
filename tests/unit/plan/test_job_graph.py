"""From programs to JobGraphs: what is chained, how rows travel, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.output_tag import OutputTag
from flinkette.datastream import ProcessFunction, StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink
from flinkette.graph.transformations import Exchange
from flinkette.plan.job_graph import JobGraph, PlanOptions, build_job_graph


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


def plan(env: StreamExecutionEnvironment, parallelism: int = 1, **options: Any) -> JobGraph:
    return build_job_graph(env._stream_graph, PlanOptions(parallelism, **options))


def shape(graph: JobGraph) -> list[int]:
    """Number of operators in each chain."""
    return [len(vertex.nodes) for vertex in graph.vertices]


def exchanges(graph: JobGraph) -> list[Exchange]:
    return [edge.exchange for edge in graph.edges]


def numbers(env: StreamExecutionEnvironment) -> Any:
    return env.from_collection([1, 2, 3])


def test_functions_that_need_no_exchange_form_one_chain(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).filter(bool).map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    assert shape(graph) == [5]
    assert graph.edges == ()
    assert graph.vertices[0].name.count(" -> ") == 4


def test_a_source_that_reads_alone_rebalances_to_parallel_functions(
    env: StreamExecutionEnvironment,
) -> None:
    numbers(env).map(abs).sink_to(BlackholeSink())
    graph = plan(env, 3)
    assert [vertex.parallelism for vertex in graph.vertices] == [1, 3]
    assert exchanges(graph) == [Exchange.REBALANCE]


def test_a_key_is_computed_in_the_senders_chain(env: StreamExecutionEnvironment) -> None:
    numbers(env).key_by(lambda row: row).map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    assert shape(graph) == [2, 2]
    assert exchanges(graph) == [Exchange.HASH]


@pytest.mark.parametrize(
    ("method", "exchange"),
    [
        ("rebalance", Exchange.REBALANCE),
        ("rescale", Exchange.RESCALE),
        ("shuffle", Exchange.SHUFFLE),
        ("broadcast", Exchange.BROADCAST),
    ],
)
def test_an_exchange_that_was_asked_for_breaks_the_chain(
    env: StreamExecutionEnvironment, method: str, exchange: Exchange
) -> None:
    getattr(numbers(env).map(abs), method)().map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    assert exchanges(graph) == [exchange]
    assert shape(graph) == [2, 2]


def test_a_stream_with_two_readers_ends_its_chain(env: StreamExecutionEnvironment) -> None:
    stream = numbers(env).map(abs)
    stream.map(abs).sink_to(BlackholeSink())
    stream.map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    assert shape(graph) == [2, 2, 2]
    assert exchanges(graph) == [Exchange.FORWARD, Exchange.FORWARD]


def test_a_side_output_does_not_end_the_chain_of_the_main_output(
    env: StreamExecutionEnvironment,
) -> None:
    tag = OutputTag("side")
    stream = numbers(env).map(abs)
    stream.get_side_output(tag).sink_to(BlackholeSink())
    stream.map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    assert sorted(shape(graph)) == [1, 4]
    (edge,) = graph.edges
    assert edge.edge.tag == tag
    assert edge.producer.name == stream.get_name()


def test_a_union_reads_from_every_stream(env: StreamExecutionEnvironment) -> None:
    left, right = numbers(env).map(abs), numbers(env)
    left.union(right).map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    last = graph.vertices[-1]
    assert len(graph.inputs_of(last)) == 2
    assert graph.outputs_of(last) == []


@pytest.mark.parametrize("method", ["start_new_chain", "disable_chaining"])
def test_chains_are_cut_where_the_program_says(
    env: StreamExecutionEnvironment, method: str
) -> None:
    stream = numbers(env).map(abs)
    getattr(stream, method)()
    stream.map(abs).sink_to(BlackholeSink())
    assert shape(plan(env)) == ([1, 3] if method == "start_new_chain" else [1, 1, 2])


def test_chaining_can_be_switched_off(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).sink_to(BlackholeSink())
    assert shape(plan(env, is_chaining_enabled=False)) == [1, 1, 1]


def test_different_parallelisms_break_the_chain(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).set_parallelism(2).map(abs).set_parallelism(3).sink_to(BlackholeSink())
    graph = plan(env, 3)
    assert [vertex.parallelism for vertex in graph.vertices] == [1, 2, 3]


def test_forward_between_different_parallelisms_is_refused_with_both_of_them(
    env: StreamExecutionEnvironment,
) -> None:
    stream = numbers(env).map(abs).set_parallelism(2)
    stream.forward().map(abs).set_parallelism(3)
    with pytest.raises(InvalidPipelineError, match=r"has 2 and .* has 3") as caught:
        plan(env)
    assert "test_job_graph.py:" in str(caught.value)
    assert "rebalance()" in str(caught.value)


def test_a_uid_may_be_used_once(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).uid("same").map(abs).uid("same")
    with pytest.raises(InvalidPipelineError, match="uid 'same' is used twice") as caught:
        plan(env)
    assert str(caught.value).count("test_job_graph.py:") == 2


def test_a_program_without_operators_is_refused(env: StreamExecutionEnvironment) -> None:
    with pytest.raises(InvalidPipelineError, match="no operators defined"):
        plan(env)


def test_parallelism_above_the_maximum_is_refused(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).set_parallelism(5).set_max_parallelism(4)
    with pytest.raises(InvalidPipelineError, match="parallelism 5 is above its max_parallelism 4"):
        plan(env)


def test_the_maximum_of_the_job_holds_where_an_operator_has_none(
    env: StreamExecutionEnvironment,
) -> None:
    numbers(env).key_by(abs).map(abs).set_max_parallelism(16).sink_to(BlackholeSink())
    graph = plan(env, 1, max_parallelism=64)
    assert [vertex.max_parallelism for vertex in graph.vertices] == [64, 16]


def test_an_operator_that_runs_alone_cannot_be_made_parallel(
    env: StreamExecutionEnvironment,
) -> None:
    source = numbers(env)
    node = env._stream_graph.nodes[-1]
    node.parallelism = 2
    source.map(abs)
    with pytest.raises(InvalidPipelineError, match="can only run with parallelism 1"):
        plan(env)


def test_time_makes_no_difference_to_functions_of_one_value_and_sinks(
    env: StreamExecutionEnvironment,
) -> None:
    numbers(env).rebalance().map(abs).filter(bool).sink_to(BlackholeSink())
    graph = plan(env, 2)
    assert [graph.reads_time(vertex) for vertex in graph.vertices] == [True, False]


class SeesTime(ProcessFunction):
    """Its context knows the watermark."""

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Any:
        yield value


def test_time_makes_a_difference_to_process_functions_and_to_what_hands_it_on(
    env: StreamExecutionEnvironment,
) -> None:
    mapped = numbers(env).rebalance().map(abs)
    mapped.rebalance().process(SeesTime()).sink_to(BlackholeSink())
    graph = plan(env, 2)
    assert all(graph.reads_time(vertex) for vertex in graph.vertices)


def test_start_new_chain_takes_disable_chaining_back(env: StreamExecutionEnvironment) -> None:
    stream = numbers(env).map(abs).disable_chaining().start_new_chain()
    stream.map(abs).sink_to(BlackholeSink())
    assert shape(plan(env)) == [1, 3]


def test_a_group_that_was_set_is_inherited_along_the_chain(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).slot_sharing_group("heavy").map(abs).map(abs).sink_to(BlackholeSink())
    graph = plan(env)
    assert shape(graph) == [1, 4]
    assert [vertex.slot_sharing_group for vertex in graph.vertices] == ["default", "heavy"]


def test_branches_of_different_parallelism_have_exchanges_of_their_own(
    env: StreamExecutionEnvironment,
) -> None:
    stream = numbers(env).map(abs).set_parallelism(3)
    for parallelism in (2, 3):
        stream.map(abs).set_parallelism(parallelism).sink_to(BlackholeSink()).set_parallelism(2)
    assert exchanges(plan(env)) == [
        Exchange.REBALANCE, Exchange.REBALANCE, Exchange.FORWARD, Exchange.REBALANCE
    ]  # fmt: skip
