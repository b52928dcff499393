"""`PipelineHarness`: a whole program between sources that a test controls and what it collects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.data_stream import DataStream
from flinkette.graph.operators import SinkDescription
from flinkette.testing.graph_cut import EntrySource, GraphCut, entry_id
from flinkette.testing.harness import Harness
from flinkette.testing.inputs import HarnessInput
from flinkette.testing.operator_view import OperatorView
from flinkette.testing.outputs import Collected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flinkette.graph.transformations import Edge

__all__ = ["HarnessSource", "PipelineHarness"]


class HarnessSource(HarnessInput):
    """A source whose rows a test pushes; made by `PipelineHarness.source`.

    Parameters
    ----------
    harness : PipelineHarness
        The harness.
    name : str
        What drawings call it.
    node_id : int
        Of the entry that takes its place.
    stream : DataStream
        The stream of its rows.
    """

    def __init__(
        self, harness: PipelineHarness, name: str, node_id: int, stream: DataStream
    ) -> None:
        super().__init__(harness, name, node_id, stream._output_type)
        self.stream = stream


class PipelineHarness(Harness):
    """Runs a program in the calling thread, on rows that a test pushes.

    Make sources with `source`, build the program on their streams (or put them in the place of
    its own with `source_in_place_of`), say what to look at with `collect`, then push. Everything
    is opened at the first push; sinks and other sources of the program run as always.

    Parameters
    ----------
    env : StreamExecutionEnvironment
        The program's.
    parallelism : int
        Subtasks of operators that do not say; all run in the calling thread.
    start_time_ms : int
        Processing time at the beginning.

    Examples
    --------
    >>> from flinkette.common import Types
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> with PipelineHarness(env) as harness:
    ...     words = harness.source(Types.STRING())
    ...     lengths = harness.collect(words.stream.map(len, Types.INT()))
    ...     words.push("flink")
    ...     lengths.rows()
    [5]
    """

    def __init__(
        self, env: StreamExecutionEnvironment, *, parallelism: int = 1, start_time_ms: int = 0
    ) -> None:
        super().__init__(env._configuration, parallelism, start_time_ms)
        self._env = env
        self._sources: list[HarnessSource] = []
        self._probed: list[Sequence[Edge]] = []

    def source(
        self, type_info: TypeInformation | None = None, name: str | None = None
    ) -> HarnessSource:
        """Add a source to the program.

        Parameters
        ----------
        type_info : TypeInformation, optional
            Type of its rows; plain Python objects if not given.
        name : str, optional
            What drawings call it.

        Returns
        -------
        HarnessSource
            `stream` is the stream of its rows.
        """
        self._refuse_if_running("source")
        label = name or f"source {len(self._sources)}"
        stream = self._env._add_source(EntrySource(type_info), None, label, type_info)
        return self._add_source(label, stream)

    def source_in_place_of(self, stream: DataStream) -> HarnessSource:
        """Put a source in the place of one of the program, whoever reads it.

        Parameters
        ----------
        stream : DataStream
            What `from_source` or another method returned; what lies before it does not run.

        Returns
        -------
        HarnessSource
            Pushed rows need event times of their own if a watermark strategy of the source would
            have given them.

        Raises
        ------
        InvalidPipelineError
            If no operator makes exactly this stream.
        """
        self._refuse_if_running("source_in_place_of")
        if not isinstance(stream, DataStream):
            raise InvalidTypeError(f"source_in_place_of() takes a DataStream, got {stream!r}")
        if stream._node is None:
            raise InvalidPipelineError(
                "source_in_place_of() got a stream that no operator makes, such as that of "
                "union() or rebalance(); give it the one before or behind"
            )
        return self._add_source(stream._node.name, stream)

    def collect(self, stream: DataStream) -> Collected:
        """Look at the rows of a stream.

        Parameters
        ----------
        stream : DataStream
            Any stream of the program, a side output as well.

        Returns
        -------
        Collected
            Fills as the test goes on.
        """
        self._refuse_if_running("collect")
        if not isinstance(stream, DataStream):
            raise InvalidTypeError(f"collect() takes a DataStream, got {stream!r}")
        name = stream._edges[0].source.name if stream._edges[0].tag is None else "side output"
        collected = Collected(name, self.history, stream._edges[0].tag)
        self._probed.append(stream._edges)
        self._outputs.append(collected)
        return collected

    def operator(self, name: str) -> OperatorView:
        """Look into an operator.

        Parameters
        ----------
        name : str
            Its name or uid.

        Returns
        -------
        OperatorView
            With `state`, `event_timers`, `windows` and others, over all its subtasks.

        Raises
        ------
        InvalidPipelineError
            If there is none, or there are several.
        """
        engine = self._running()
        found = [
            operator
            for operator in engine.operators()
            if name in (operator.info.node.name, operator.info.node.uid)
        ]
        nodes = {operator.info.node.node_id for operator in found}
        if len(nodes) != 1:
            known = sorted({operator.info.node.name for operator in engine.operators()})
            raise InvalidPipelineError(
                f"{'several operators are' if nodes else 'no operator is'} called {name!r}; there "
                f"are {', '.join(map(repr, known))}: give the operator a uid and ask by that"
            )
        return OperatorView(found, engine.clock)

    def end(self) -> None:
        """End all sources of the harness; sinks commit when the program has ended."""
        for source in self._sources:
            source.end()

    @property
    def has_ended(self) -> bool:
        """Whether the program has ended."""
        return self._running().has_ended

    def _add_source(self, name: str, stream: DataStream) -> HarnessSource:
        made = HarnessSource(self, name, entry_id(len(self._sources)), stream)
        self._sources.append(made)
        return made

    def _refuse_if_running(self, method: str) -> None:
        if self._engine is not None or self._is_closed:
            raise InvalidPipelineError(
                f"{method}() after the first push (at {find_call_site()}); the program is fixed by "
                "then: call it before"
            )

    def _cut(self) -> tuple[GraphCut, list[int]]:
        graph = self._env._stream_graph
        cut = GraphCut(graph.next_id)
        entries = []
        for source in self._sources:
            assert source.stream._node is not None
            entries.append(cut.replace(source.stream._node).node_id)
        for node in graph.nodes:
            if isinstance(node.operator, SinkDescription):
                cut.keep(node)
        for edges in self._probed:
            cut.probe(edges, edges[0].source.call_site)
        return cut, entries
