"""The JobGraph: chained transformations with their parallelism, and the edges between chains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.graph.operators import (
    AsyncDescription,
    CoFlatMapDescription,
    CoMapDescription,
    FilterDescription,
    FlatMapDescription,
    MapBatchesDescription,
    MapDescription,
    ProjectDescription,
    SinkDescription,
    SourceDescription,
    WindowDescription,
)
from flinkette.graph.transformations import Edge, Exchange, Transformation
from flinkette.plan.key_groups import MAX_PARALLELISM_LIMIT, default_max_parallelism
from flinkette.plan.shared_windows import shared_windows
from flinkette.plan.slot_sharing import DEFAULT_GROUP, slot_sharing_groups

if TYPE_CHECKING:
    from flinkette.graph.stream_graph import StreamGraph

__all__ = ["JobEdge", "JobGraph", "PlanOptions", "Vertex", "build_job_graph"]

TIMELESS = (
    CoFlatMapDescription,
    CoMapDescription,
    FilterDescription,
    FlatMapDescription,
    MapBatchesDescription,
    MapDescription,
    ProjectDescription,
    SinkDescription,
)


@dataclass(frozen=True)
class PlanOptions:
    """What of the configuration planning depends on."""

    parallelism: int
    max_parallelism: int | None = None
    is_chaining_enabled: bool = True
    is_window_sharing_enabled: bool = True
    is_chaining_across_max_parallelism: bool = True
    """Whether a chain may hold operators of different max parallelism."""
    is_slot_sharing_enabled: bool = True
    """Whether chains share slots; otherwise each is in a slot sharing group of its own."""


@dataclass(frozen=True)
class JobEdge:
    """An edge between two vertices, with everything decided."""

    source: int
    """Index of the sending vertex in `JobGraph.vertices`."""
    producer: Transformation
    """Member of the sending vertex whose output travels."""
    target: int
    exchange: Exchange
    edge: Edge


@dataclass(frozen=True)
class Vertex:
    """A chain of transformations: the unit of parallelism."""

    index: int
    nodes: tuple[Transformation, ...]
    parallelism: int
    max_parallelism: int
    is_shared: bool = False
    """The members are windows that run as one operator, each with an output of its own."""
    slot_sharing_group: str = DEFAULT_GROUP
    """Subtasks of vertices of one group share slots."""

    @property
    def name(self) -> str:
        """Names of the members joined by arrows, as Flink shows them; bars if they are shared."""
        return (" | " if self.is_shared else " -> ").join(node.name for node in self.nodes)


@dataclass(frozen=True)
class JobGraph:
    """Vertices in topological order and the edges between them."""

    vertices: tuple[Vertex, ...]
    edges: tuple[JobEdge, ...]

    @property
    def is_bounded(self) -> bool:
        """Whether every source ends."""
        return all(
            node.operator.source.is_bounded
            for vertex in self.vertices
            for node in vertex.nodes
            if isinstance(node.operator, SourceDescription)
        )

    def inputs_of(self, vertex: Vertex) -> list[JobEdge]:
        """Edges that end at `vertex`."""
        return [edge for edge in self.edges if edge.target == vertex.index]

    def reads_time(self, vertex: Vertex) -> bool:
        """Whether watermarks make a difference to `vertex`, or to one behind it.

        They make none to functions that see one value at a time, nor to sinks.
        """
        return bool(self.outputs_of(vertex)) or any(
            not isinstance(node.operator, TIMELESS) for node in vertex.nodes
        )

    def outputs_of(self, vertex: Vertex) -> list[JobEdge]:
        """Edges that start at `vertex`."""
        return [edge for edge in self.edges if edge.source == vertex.index]


def build_job_graph(stream_graph: StreamGraph, options: PlanOptions) -> JobGraph:
    """Check the program, decide parallelisms and exchanges, and chain.

    Raises
    ------
    InvalidPipelineError
        Duplicate uids, impossible parallelisms, or forward edges between different parallelisms.
    """
    nodes = stream_graph.nodes
    if not nodes:
        raise InvalidPipelineError(
            "no operators defined in this program: call methods of a DataStream "
            "(for example env.from_collection([...]).print()) before execute()"
        )
    _check_uids(nodes)
    parallelism = {id(node): _parallelism(node, options) for node in nodes}
    # streams that branch share their edges, so an edge alone does not say which node it reaches
    exchanges = {
        (id(node), id(edge)): _exchange(node, edge, parallelism)
        for node in nodes
        for edge in node.inputs
    }
    groups = shared_windows(nodes, parallelism) if options.is_window_sharing_enabled else []
    slot_groups = slot_sharing_groups(nodes)
    chains = _chain(nodes, exchanges, options, groups, slot_groups)
    first_of = {id(node): group[0] for group in groups for node in group}
    chain_of = {id(node): index for index, chain in enumerate(chains) for node in chain}
    vertices = tuple(
        Vertex(
            index,
            tuple(chain),
            parallelism[id(chain[0])],
            _max_parallelism(chain, parallelism[id(chain[0])], options),
            is_shared=id(chain[0]) in first_of,
            slot_sharing_group=slot_groups[id(chain[0])]
            if options.is_slot_sharing_enabled
            else f"{slot_groups[id(chain[0])]} {index}",
        )
        for index, chain in enumerate(chains)
    )
    edges = tuple(
        JobEdge(
            chain_of[id(edge.source)],
            edge.source,
            chain_of[id(node)],
            exchanges[id(node), id(edge)],
            edge,
        )
        for node in nodes
        if first_of.get(id(node), node) is node
        for edge in node.inputs
        if chain_of[id(edge.source)] != chain_of[id(node)]
    )
    return JobGraph(vertices, edges)


def _check_uids(nodes: list[Transformation]) -> None:
    seen: dict[str, Transformation] = {}
    for node in nodes:
        if node.uid is None:
            continue
        other = seen.setdefault(node.uid, node)
        if other is not node:
            raise InvalidPipelineError(
                f"uid {node.uid!r} is used twice: by {other.name!r} ({other.call_site}) and "
                f"{node.name!r} ({node.call_site}); give each operator its own uid"
            )


def _parallelism(node: Transformation, options: PlanOptions) -> int:
    operator = node.operator
    is_single = (
        node.is_non_parallel
        or (isinstance(operator, SourceDescription) and not operator.source.is_parallel)
        or (isinstance(operator, SinkDescription) and not operator.sink.is_parallel)
        or (isinstance(operator, WindowDescription) and operator.is_all)
    )
    parallelism = node.parallelism if node.parallelism is not None else options.parallelism
    if is_single:
        if node.parallelism is not None and node.parallelism > 1:
            raise InvalidPipelineError(
                f"operator {node.name!r} ({node.call_site}): parallelism {node.parallelism}, but "
                "it can only run with parallelism 1; remove set_parallelism or set it to 1"
            )
        return 1
    return parallelism


def _max_parallelism(chain: list[Transformation], parallelism: int, options: PlanOptions) -> int:
    declared = [node.max_parallelism for node in chain if node.max_parallelism is not None]
    chosen = min(declared) if declared else options.max_parallelism
    if chosen is None or chosen <= 0:
        return default_max_parallelism(parallelism)
    if parallelism > chosen or chosen > MAX_PARALLELISM_LIMIT:
        raise InvalidPipelineError(
            f"operator {chain[0].name!r} ({chain[0].call_site}): parallelism {parallelism} is "
            f"above its max_parallelism {chosen}; raise it (at most {MAX_PARALLELISM_LIMIT}) "
            "or lower parallelism"
        )
    return chosen


def _declared_maximum(node: Transformation, options: PlanOptions) -> int | None:
    return options.max_parallelism if node.max_parallelism is None else node.max_parallelism


def _exchange(node: Transformation, edge: Edge, parallelism: dict[int, int]) -> Exchange:
    if edge.exchange is not Exchange.FORWARD:
        return edge.exchange
    sender, receiver = parallelism[id(edge.source)], parallelism[id(node)]
    if sender == receiver:
        return Exchange.FORWARD
    if edge.is_explicit:
        raise InvalidPipelineError(
            f"operator {node.name!r} ({node.call_site}): forward() needs equal parallelisms, but "
            f"{edge.source.name!r} has {sender} and {node.name!r} has {receiver}; "
            "use rebalance() or set the same parallelism"
        )
    return Exchange.REBALANCE


def _chain(
    nodes: list[Transformation],
    exchanges: dict[tuple[int, int], Exchange],
    options: PlanOptions,
    groups: list[tuple[Transformation, ...]],
    slot_groups: dict[int, str],
) -> list[list[Transformation]]:
    """Join each node to its only input where rows need not leave the subtask.

    Windows of a group are a chain, and nothing is chained to them: each has its own output.
    """
    group_of = {id(node): group for group in groups for node in group}
    consumers: dict[int, int] = {}
    for node in nodes:
        for edge in node.inputs:
            if edge.tag is None:
                consumers[id(edge.source)] = consumers.get(id(edge.source), 0) + 1
    chains: list[list[Transformation]] = []
    chain_of: dict[int, list[Transformation]] = {}
    for node in nodes:
        only = node.inputs[0] if len(node.inputs) == 1 else None
        group = group_of.get(id(node))
        if group is not None and group[0] is not node:
            chain = chain_of[id(group[0])]
        elif (
            only is not None
            and group is None
            and id(only.source) not in group_of
            and options.is_chaining_enabled
            and only.tag is None
            and exchanges[id(node), id(only)] is Exchange.FORWARD
            and consumers[id(only.source)] == 1
            and not (node.is_chain_start or node.is_chaining_disabled)
            # its calls go on while it waits for room, and so must the clock of whoever feeds it
            and not isinstance(node.operator, AsyncDescription)
            and not only.source.is_chaining_disabled
            and slot_groups[id(node)] == slot_groups[id(only.source)]
            and (
                options.is_chaining_across_max_parallelism
                or _declared_maximum(node, options) == _declared_maximum(only.source, options)
            )
        ):
            chain = chain_of[id(only.source)]
        else:
            chain = []
            chains.append(chain)
        chain.append(node)
        chain_of[id(node)] = chain
    return chains
