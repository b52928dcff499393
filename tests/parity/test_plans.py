"""Execution plans, chains and slot sharing groups are those that Flink makes of the programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.submission import graph_to_submit
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.job_graph import JobGraph, PlanOptions, build_job_graph
from parity.plan_programs import PROGRAMS
from parity.plan_shapes import api_of, shape_of_plan
from parity.recording import HERE

RECORDED: dict[str, Any] = json.loads((HERE / "recorded" / "plans.json").read_text("utf-8"))
BRANCHED = {"fanned_out"}
"""Flink's chains may have branches; flinkette's end at a stream with several readers."""


@pytest.fixture(params=PROGRAMS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def env(name: str) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
    PROGRAMS[name](env, api_of("flinkette"))
    return env


def job_graph(env: StreamExecutionEnvironment) -> JobGraph:
    options = PlanOptions(2, is_chaining_enabled=env.is_chaining_enabled())
    return build_job_graph(graph_to_submit(env._stream_graph), options)


def test_a_plan_has_the_nodes_and_edges_of_flinks(
    env: StreamExecutionEnvironment, name: str
) -> None:
    assert shape_of_plan(env.get_execution_plan()) == RECORDED[name]["plan"]


def test_chains_are_flinks(env: StreamExecutionEnvironment, name: str) -> None:
    if name in BRANCHED:
        assert any("(" in vertex["name"] for vertex in RECORDED[name]["vertices"])
        return
    chains = [
        (vertex.name, vertex.parallelism, vertex.slot_sharing_group)
        for vertex in job_graph(env).vertices
    ]
    recorded = [
        (vertex["name"], vertex["parallelism"], vertex["slot_sharing_group"])
        for vertex in RECORDED[name]["vertices"]
    ]
    assert sorted(chains) == sorted(recorded)


def test_a_job_needs_the_slots_it_needs_on_flink(
    env: StreamExecutionEnvironment, name: str
) -> None:
    widest: dict[str, int] = {}
    for vertex in RECORDED[name]["vertices"]:
        group = vertex["slot_sharing_group"]
        widest[group] = max(widest.get(group, 0), vertex["parallelism"])
    assert ExecutionGraph(job_graph(env)).required_slots == sum(widest.values())


def test_every_program_is_recorded() -> None:
    assert set(RECORDED) == {"origin", *PROGRAMS}
