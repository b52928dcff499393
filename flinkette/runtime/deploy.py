"""From a JobGraph to the subtasks of one worker, with their operators and channels."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from flinkette._native.rows import copy_batch
from flinkette.exchange.channel import LocalChannel
from flinkette.exchange.gate import Gate
from flinkette.exchange.gathering import FlushRule, Gathering
from flinkette.exchange.writer import (
    BroadcastRouter,
    EdgeWriter,
    HashRouter,
    IndexRouter,
    RoundRobinRouter,
    Router,
    SingleRouter,
)
from flinkette.graph.operators import (
    CONNECTED_DESCRIPTIONS,
    AssignTimestampsDescription,
    AsyncDescription,
    BroadcastProcessDescription,
    IntervalJoinDescription,
    MapBatchesDescription,
    ReduceDescription,
    RunningAggregateDescription,
    SinkDescription,
    SourceDescription,
    WindowDescription,
)
from flinkette.graph.transformations import Exchange
from flinkette.plan.execution_graph import ExecutionGraph, rescale_group
from flinkette.runtime.choosers import custom_chooser, shuffler
from flinkette.runtime.failures import key_error
from flinkette.runtime.isolation import isolated
from flinkette.runtime.joining import join_subtasks
from flinkette.runtime.operator import OperatorInfo, SubtaskContext
from flinkette.runtime.ports import PortedOutput
from flinkette.runtime.source_input import SourceInput
from flinkette.runtime.subtask import Output, Subtask
from flinkette.runtime.wiring import LocalWiring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flinkette._native.batch import Batch
    from flinkette.contracts.output_tag import OutputTag
    from flinkette.exchange.channel import Sender
    from flinkette.exchange.combining import Combining
    from flinkette.graph.transformations import Transformation
    from flinkette.plan.execution_graph import SubtaskId
    from flinkette.plan.job_graph import JobEdge, JobGraph
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operator import Operator
    from flinkette.runtime.wiring import Wiring

__all__ = ["DeployOptions", "deploy"]


@dataclass(frozen=True)
class DeployOptions:
    """What of the configuration running depends on."""

    clock: Clock
    batch_rows: int = 16_384
    is_object_reuse: bool = False
    watermark_interval_ms: int = 200
    job_parameters: dict[str, str] = field(default_factory=dict)
    random: random.Random = field(default_factory=random.Random)
    is_batch: bool = False
    is_combining: bool = True
    buffer_timeout_ms: int = 100
    """How long rows wait for others on their way to other subtasks; -1: until a batch is full."""
    long_call_ms: int = 10_000
    """Calls of user code that take longer are named in a warning; 0: never."""


def deploy(
    job_graph: JobGraph, options: DeployOptions, wiring: Wiring | None = None
) -> list[Subtask]:
    """Build the subtasks that run here; nothing is opened yet except sources and their files.

    `wiring` knows which those are and how they reach the others; without one all run here.
    """
    wiring = LocalWiring(job_graph) if wiring is None else wiring
    own = [each for each in ExecutionGraph(job_graph).subtasks if wiring.runs_here(each)]
    subtasks: list[Subtask] = []
    try:
        for subtask in own:
            subtasks.append(_deploy_subtask(job_graph, subtask, wiring, options))  # noqa: PERF401
    except BaseException:
        for deployed in subtasks:
            if isinstance(deployed.input, SourceInput):
                deployed.input.close()
        raise
    return join_subtasks(subtasks)


def _deploy_subtask(
    job_graph: JobGraph, subtask: SubtaskId, wiring: Wiring, options: DeployOptions
) -> Subtask:
    vertex = job_graph.vertices[subtask.vertex]
    head = vertex.nodes[0].operator
    context = SubtaskContext(
        subtask.index,
        vertex.parallelism,
        vertex.max_parallelism,
        vertex.name,
        options.batch_rows,
        options.clock,
        options.is_object_reuse,
        options.watermark_interval_ms,
        options.job_parameters,
        options.is_batch,
        subtask.vertex,
        options.buffer_timeout_ms,
    )
    groups = [list(vertex.nodes)] if vertex.is_shared else group_nodes(vertex.nodes)
    operators = [make_operator([isolated(node) for node in group], context) for group in groups]
    outputs: list[Output | PortedOutput] = []
    for group in groups:
        # the windows of a shared vertex keep their consumers apart
        members = [[node] for node in group] if vertex.is_shared else [group]
        parts = [_output(job_graph, subtask, part, wiring, options) for part in members]
        outputs.append(PortedOutput(parts) if vertex.is_shared else parts[0])
    if options.is_batch:
        _keep_input(operators, outputs)
    source: Gate | SourceInput
    receivers = wiring.receivers(subtask)
    if isinstance(head, SourceDescription) and not receivers:
        source = SourceInput(
            head.source,
            head.watermark_strategy,
            wiring.splits(subtask),
            context.info(vertex.nodes[0]),
            context,
        )
        if len(operators) > 1 and source.reject_tag is None and not outputs[0].has_writers:
            # nothing leaves the chain there: what is read goes to the next operator at once
            del operators[0], outputs[0]
    else:
        edges = job_graph.inputs_of(vertex)
        is_connected = any(edge.edge.input_index > 0 for edge in edges)
        inputs = wiring.inputs_of_receivers(subtask) if is_connected else None
        source = Gate(receivers, inputs)
    contexts = [context] * len(operators)
    return Subtask(contexts, source, operators, outputs, options.clock, _copier(options))


def _keep_input(operators: list[Operator], outputs: list[Output | PortedOutput]) -> None:
    """Put what keeps rows to the end in front of an operator that needs it in BATCH mode."""
    from flinkette.runtime.operators.batch_input import batch_input_of

    batch_input = batch_input_of(operators[0])
    if batch_input is not None:
        operators.insert(0, batch_input)
        outputs.insert(0, Output({}))


def group_nodes(nodes: tuple[Transformation, ...]) -> list[list[Transformation]]:
    """Put consecutive row functions together; a keyed one starts a new group."""
    from flinkette.runtime.operators.rows import ROW_DESCRIPTIONS, is_keyed

    groups: list[list[Transformation]] = []
    for node in nodes:
        is_row = isinstance(node.operator, ROW_DESCRIPTIONS)
        if (
            is_row
            and groups
            and isinstance(groups[-1][-1].operator, ROW_DESCRIPTIONS)
            and not is_keyed(node.operator)
        ):
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def make_operator(group: list[Transformation], context: SubtaskContext) -> Operator:
    """Make the operator of a group of transformations."""
    infos = [context.info(node) for node in group]
    description = group[0].operator
    if isinstance(description, SourceDescription):
        from flinkette.runtime.operators.source import SourceOperator

        return SourceOperator(infos[0])
    if isinstance(description, AssignTimestampsDescription):
        from flinkette.runtime.operators.timestamps import TimestampsOperator

        return TimestampsOperator(infos[0], description.strategy)
    if isinstance(description, WindowDescription):
        return _make_window_operator(description, infos)
    if isinstance(description, SinkDescription):
        from flinkette.runtime.operators.sink import SinkOperator

        return SinkOperator(infos[0], description.sink)
    return _make_keyed_or_row_operator(description, infos)


def _make_window_operator(description: WindowDescription, infos: list[OperatorInfo]) -> Operator:
    """Make the operator of a window, or of several that share slices."""
    from flinkette.plan.slices import SlicePlan, plan_slices

    plans = [plan_slices(info.node) for info in infos]
    sliced = [plan for plan in plans if isinstance(plan, SlicePlan)]
    if len(infos) > 1:
        from flinkette.plan.shared_windows import joined_plan
        from flinkette.runtime.operators.shared_windows import SharedWindowsOperator

        return SharedWindowsOperator(infos, joined_plan(sliced), is_all=description.is_all)
    if sliced:
        from flinkette.runtime.operators.slice_window import SliceWindowOperator

        return SliceWindowOperator(infos, sliced[0], is_all=description.is_all)
    from flinkette.runtime.operators.window import WindowOperator

    return WindowOperator(infos[0], description)


def _make_keyed_or_row_operator(description: Any, infos: list[OperatorInfo]) -> Operator:
    if isinstance(description, RunningAggregateDescription):
        from flinkette.runtime.operators.running import RunningAggregateOperator

        return RunningAggregateOperator(infos[0], description)
    if isinstance(description, ReduceDescription):
        from flinkette.runtime.operators.running import ReduceOperator

        return ReduceOperator(infos[0], description)
    if isinstance(description, MapBatchesDescription):
        from flinkette.runtime.operators.map_batches import MapBatchesOperator

        return MapBatchesOperator(infos[0], description)
    if isinstance(description, AsyncDescription):
        from flinkette.runtime.operators.async_calls import AsyncOperator

        return AsyncOperator(infos[0], description)
    if isinstance(description, IntervalJoinDescription):
        from flinkette.runtime.operators.interval_join import IntervalJoinOperator

        return IntervalJoinOperator(infos[0], description)
    if isinstance(description, BroadcastProcessDescription):
        from flinkette.runtime.operators.broadcast import BroadcastOperator

        return BroadcastOperator(infos)
    if isinstance(description, CONNECTED_DESCRIPTIONS):
        from flinkette.runtime.operators.connected import ConnectedOperator

        return ConnectedOperator(infos)
    from flinkette.runtime.operators.key_by_field import KeyByFieldOperator, is_key_by_field
    from flinkette.runtime.operators.rows import RowsOperator

    if len(infos) == 1 and is_key_by_field(description):
        return KeyByFieldOperator(infos[0])
    return RowsOperator(infos)


def _output(
    job_graph: JobGraph,
    subtask: SubtaskId,
    group: list[Transformation],
    wiring: Wiring,
    options: DeployOptions,
) -> Output:
    writers: dict[OutputTag | None, list[EdgeWriter]] = {}
    for edge in job_graph.outputs_of(job_graph.vertices[subtask.vertex]):
        if edge.producer in group:
            router = make_router(job_graph, edge, subtask.index, options)
            carries_time = job_graph.reads_time(job_graph.vertices[edge.target])
            channels = wiring.senders(edge, subtask)
            ends = [channel for channel in channels if channel is not None]
            is_within = len(ends) == 1 and isinstance(ends[0], LocalChannel)
            writer = EdgeWriter(
                channels,
                router,
                carries_time=carries_time,
                gathering=None if is_within else _gathering(ends, edge.producer, options),
                combining=None if is_within else _combining(job_graph, edge, options),
            )
            writers.setdefault(edge.edge.tag, []).append(writer)
    return Output(writers)


def _gathering(
    ends: Sequence[Sender], producer: Transformation, options: DeployOptions
) -> Gathering | None:
    """Let small batches wait for others where they would be split, or leave the worker."""
    timeout_ms = producer.buffer_timeout_ms
    if timeout_ms is None:
        timeout_ms = options.buffer_timeout_ms
    if timeout_ms == 0:
        return None
    leaves = not all(isinstance(channel, LocalChannel) for channel in ends)
    timeout_ns = None if timeout_ms < 0 else timeout_ms * 1_000_000
    rule = FlushRule.of_edge(options.batch_rows, timeout_ns, len(ends), leaves_worker=leaves)
    return Gathering(rule, options.clock.monotonic_ns)


def _combining(job_graph: JobGraph, edge: JobEdge, options: DeployOptions) -> Combining | None:
    """Let rows become fewer on their way to windows that add them up."""
    target = job_graph.vertices[edge.target]
    is_window = isinstance(target.nodes[0].operator, WindowDescription)
    if edge.exchange is not Exchange.HASH or not (is_window and options.is_combining):
        return None
    from flinkette.exchange.combining import Combining
    from flinkette.plan.combining import plan_combination

    combination = plan_combination(target.nodes if target.is_shared else target.nodes[:1])
    return None if combination is None else Combining(combination)


def make_router(job_graph: JobGraph, edge: JobEdge, index: int, options: DeployOptions) -> Router:
    """Choose how rows of one sending subtask find their receivers."""
    senders = job_graph.vertices[edge.source].parallelism
    target = job_graph.vertices[edge.target]
    info = OperatorInfo(edge.producer, index, senders)
    receivers = target.parallelism
    if edge.exchange is Exchange.HASH:
        return HashRouter(receivers, target.max_parallelism, partial(key_error, info))
    if receivers == 1 or edge.exchange is Exchange.GLOBAL:
        return SingleRouter(0)
    if edge.exchange is Exchange.FORWARD:
        return SingleRouter(index)
    if edge.exchange is Exchange.REBALANCE:
        return RoundRobinRouter(range(receivers), index)
    if edge.exchange is Exchange.RESCALE:
        return RoundRobinRouter(rescale_group(index, senders, receivers), 0)
    if edge.exchange is Exchange.BROADCAST:
        return BroadcastRouter(receivers, _copier(options))
    if edge.exchange is Exchange.SHUFFLE:
        return IndexRouter(receivers, shuffler(receivers, options.random))
    return IndexRouter(receivers, custom_chooser(edge.edge, receivers, info))


def _copier(options: DeployOptions) -> Callable[[Batch], Batch]:
    return _same if options.is_object_reuse else copy_batch


def _same(batch: Batch) -> Batch:
    return batch
