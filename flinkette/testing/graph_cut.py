"""Parts of a user's StreamGraph as graphs of their own: entries in front, probes behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flinkette.connectors.split_queue import SplitQueue
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.source import Source
from flinkette.datastream.submission import graph_to_submit
from flinkette.graph.operators import KeyByDescription, ProcessDescription, SourceDescription
from flinkette.graph.stream_graph import StreamGraph
from flinkette.graph.transformations import Edge, Transformation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flinkette.contracts.source import ReaderContext, SplitEnumerator, SplitReader
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.transformations import CallSite

__all__ = ["EntrySource", "GraphCut", "entry_id", "front_of", "with_own_keys"]

Place = tuple[int, int]
"""An edge: the id of the transformation that reads it, and its position among the inputs."""


class EntrySource(Source):
    """Stands where a test pushes rows; nobody reads it."""

    is_bounded = False
    is_parallel = False

    def __init__(self, type_info: TypeInformation | None) -> None:
        self.type_info = type_info

    def produced_type(self) -> TypeInformation | None:
        """Return the type that pushed rows are converted to."""
        return self.type_info

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Make one without splits."""
        return SplitQueue([])

    def create_reader(self, context: ReaderContext) -> SplitReader:
        """Refuse: its rows come from a test."""
        raise InvalidPipelineError(
            "a stream of PipelineHarness.source() has rows only in its harness; push them there "
            "instead of calling execute()"
        )


@dataclass
class GraphCut:
    """Copies what lies between entries and probes; the user's transformations stay as they are.

    Attributes
    ----------
    next_id : int
        Above the ids of all transformations of the program.
    """

    next_id: int
    _nodes: dict[int, Transformation] = field(default_factory=dict)
    _by_place: dict[Place, Transformation] = field(default_factory=dict)
    _by_node: dict[int, Transformation] = field(default_factory=dict)
    _entries: list[Transformation] = field(default_factory=list)
    _probes: list[Transformation] = field(default_factory=list)

    def enter(
        self, name: str, type_info: TypeInformation | None, site: CallSite, front: Iterable[Place]
    ) -> Transformation:
        """Let rows come from an entry by some edges, instead of where they come from."""
        entry = self._new_entry(name, type_info, site)
        self._by_place.update(dict.fromkeys(front, entry))
        return entry

    def replace(self, node: Transformation) -> Transformation:
        """Put an entry in the place of a transformation, whoever reads it."""
        entry = self._new_entry(node.name, node.output_type, node.call_site)
        self._by_node[node.node_id] = entry
        return entry

    def probe(self, edges: Sequence[Edge], site: CallSite) -> Transformation:
        """Look at what comes by some edges, and at the watermarks among it."""
        for edge in edges:
            if edge.source.node_id not in self._by_node:
                self.keep(edge.source)
        node_id = self._new_id()
        # not a sink: those are sent no watermarks; it never runs
        probe = Transformation(
            node_id,
            "Probe",
            ProcessDescription(None),
            self._redirected(node_id, edges),
            site,
            is_non_parallel=True,
            is_chain_start=True,
        )
        self._probes.append(probe)
        return probe

    @property
    def probes(self) -> list[int]:
        """Ids of the probes."""
        return [probe.node_id for probe in self._probes]

    def keep(self, node: Transformation) -> Transformation:
        """Copy a transformation with all that lies before it, as far as the entries."""
        waiting = [node]
        while waiting:
            each = waiting[-1]
            missing = [
                edge.source
                for position, edge in enumerate(each.inputs)
                if edge.source.node_id not in self._nodes
                and self._entry((each.node_id, position), edge) is None
            ]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if each.node_id not in self._nodes:
                copied = replace(each, inputs=self._redirected(each.node_id, each.inputs))
                self._nodes[each.node_id] = copied
        return self._nodes[node.node_id]

    def graph(self) -> StreamGraph:
        """Return the graph, in the order of the program."""
        nodes = [*self._entries, *self._nodes.values(), *self._probes]
        return graph_to_submit(StreamGraph(nodes, self.next_id))

    def _new_entry(
        self, name: str, type_info: TypeInformation | None, site: CallSite
    ) -> Transformation:
        entry = Transformation(
            entry_id(len(self._entries)),
            name,
            SourceDescription(EntrySource(type_info)),
            (),
            site,
            type_info,
            is_non_parallel=True,
        )
        self._entries.append(entry)
        return entry

    def _entry(self, place: Place, edge: Edge) -> Transformation | None:
        return self._by_place.get(place, self._by_node.get(edge.source.node_id))

    def _redirected(self, reader: int, edges: Sequence[Edge]) -> tuple[Edge, ...]:
        made: list[Edge] = []
        seen: set[tuple[int, int]] = set()
        for position, edge in enumerate(edges):
            entry = self._entry((reader, position), edge)
            if entry is None:
                made.append(replace(edge, source=self._nodes[edge.source.node_id]))
                continue
            way = (entry.node_id, edge.input_index)
            # an entry may stand for several streams that were united
            if (reader, position) not in self._by_place or way not in seen:
                made.append(replace(edge, source=entry, tag=None))
            seen.add(way)
        return tuple(made)

    def _new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1


def entry_id(number: int) -> int:
    """Return the id of an entry; entries come before everything else in the program's order."""
    return -1 - number


def with_own_keys(node: Transformation, next_id: int) -> tuple[Transformation, int]:
    """Give each input of a function a `key_by` of its own, where inputs share one.

    Rows of a keyed stream that is connected with itself could not be told apart otherwise.

    Returns
    -------
    tuple
        The function, copied if need be, and the id above all that are used now.
    """
    index_of: dict[int, int] = {}
    edges: list[Edge] = []
    for edge in node.inputs:
        key_by = edge.source
        is_shared = index_of.setdefault(key_by.node_id, edge.input_index) != edge.input_index
        if is_shared and isinstance(key_by.operator, KeyByDescription):
            inner, next_id = _copied_keys(key_by, next_id)
            edges.append(replace(edge, source=inner))
        else:
            edges.append(edge)
    if edges == list(node.inputs):
        return node, next_id
    # ids grow along the way of the rows
    return replace(node, node_id=next_id, inputs=tuple(edges)), next_id + 1


def _copied_keys(key_by: Transformation, next_id: int) -> tuple[Transformation, int]:
    """Copy a `key_by`, and those in front of it that it hides."""
    edges: list[Edge] = []
    for edge in key_by.inputs:
        source = edge.source
        if isinstance(source.operator, KeyByDescription):
            source, next_id = _copied_keys(source, next_id)
        edges.append(replace(edge, source=source))
    return replace(key_by, node_id=next_id, inputs=tuple(edges), uid=None), next_id + 1


def front_of(node: Transformation) -> dict[int, dict[Place, Edge]]:
    """Return the edges by which rows come to a function, by input, in front of its `key_by`.

    Raises
    ------
    InvalidPipelineError
        The function is a source.
    """
    front: dict[int, dict[Place, Edge]] = {}
    for position, edge in enumerate(node.inputs):
        found = front.setdefault(edge.input_index, {})
        before = edge.source
        if isinstance(before.operator, KeyByDescription):
            for edges in front_of(before).values():
                found.update(edges)
        else:
            found[node.node_id, position] = edge
    if not front:
        raise InvalidPipelineError(
            f"operator {node.name!r} ({node.call_site}) is a source, there is nothing to push to "
            "it; give OperatorHarness the stream that a function behind it makes"
        )
    return front
