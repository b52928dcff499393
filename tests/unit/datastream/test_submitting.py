"""From the environment's program to a job: what is taken, the plan, its rows."""

import json

import pytest

from flinkette.contracts.errors import (
    InvalidPipelineError,
)
from flinkette.datastream.submission import graph_to_submit
from flinkette.ext.sinks import BlackholeSink
from unit.datastream.programs import Doubled, Later


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


@pytest.mark.pipeline
def test_rows_come_to_the_caller_and_the_job_ends_with_the_iterator(env):
    env.set_parallelism(1)
    doubled = env.from_collection([1, 2, 3]).map(Doubled())
    assert doubled.execute_and_collect(limit=2) == [2, 4]
    with doubled.execute_and_collect("again") as rows:
        assert next(rows) == 2
        assert rows.next() == 4
    with pytest.raises(StopIteration):
        rows.next()


@pytest.mark.pipeline
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
