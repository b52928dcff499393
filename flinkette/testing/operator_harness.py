"""`OperatorHarness`: the function that makes a stream, alone, with everything it does in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.window import MergingWindowAssigner
from flinkette.datastream.data_stream import DataStream
from flinkette.graph.operators import WindowDescription
from flinkette.graph.transformations import Edge
from flinkette.testing.graph_cut import GraphCut, entry_id, front_of, with_own_keys
from flinkette.testing.harness import Harness
from flinkette.testing.inputs import HarnessInput
from flinkette.testing.operator_view import OperatorView
from flinkette.testing.outputs import Collected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.contracts.state import MapStateDescriptor, StateDescriptor
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.transformations import Transformation
    from flinkette.runtime.operator import Operator, PendingTimer
    from flinkette.testing.outputs import MadeRow

__all__ = ["OperatorHarness"]


class OperatorHarness(Harness):
    """Runs the function that makes a stream, in one subtask, on rows that a test pushes.

    Functions are opened at the first push. The `key_by` in front of the function runs, too: push
    rows, not keys.

    Parameters
    ----------
    stream : DataStream
        What a method such as `process`, `map` or `aggregate` returned. The program around it does
        not run and is left as it is.
    side_outputs : iterable of OutputTag
        Side outputs to look at; the one for late rows and that of `on_row_error` come by
        themselves.
    start_time_ms : int
        Processing time at the beginning.

    Raises
    ------
    InvalidTypeError
        If it is no stream.
    InvalidPipelineError
        If the stream is that of a source, or of a method that makes no operator, such as `union`.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> sums = env.from_collection([("", 0)]).key_by(lambda row: row[0]).sum(1)
    >>> with OperatorHarness(sums) as harness:
    ...     harness.push(("a", 1))
    ...     harness.push(("a", 2))
    ...     harness.rows()
    [('a', 1), ('a', 3)]
    """

    def __init__(
        self,
        stream: DataStream,
        *,
        side_outputs: Iterable[OutputTag] = (),
        start_time_ms: int = 0,
    ) -> None:
        node = _node_of(stream)
        env = stream.get_execution_environment()
        self._node, self._next_id = with_own_keys(node, env._stream_graph.next_id)
        self._front = front_of(self._node)
        super().__init__(env._configuration, 1, start_time_ms)
        self._tags = [*dict.fromkeys([*side_outputs, *_own_tags(self._node)])]
        for tag in self._tags:
            if not isinstance(tag, OutputTag):
                raise InvalidTypeError(f"side_outputs of a harness are OutputTags, got {tag!r}")
        self._assigned: dict[Any, None] = {}
        self._outputs = [
            Collected(self._node.name if tag is None else repr(tag), self.history, tag)
            for tag in (None, *self._tags)
        ]
        self.inputs = tuple(self._make_input(index) for index in sorted(self._front))

    def push(self, value: Any, at: int | None = None, *, input_index: int = 0) -> None:
        """Push a row, and let everything come of it that comes at once.

        Parameters
        ----------
        value : object
            The row; converted to the declared type of the stream it stands for.
        at : int, optional
            Its event time in ms.
        input_index : int
            Of connected streams: 0 the first, 1 the second.

        Raises
        ------
        RowConversionError
            If it does not fit the declared type.
        UserFunctionError
            If the user's function raised.
        """
        self._input(input_index).push(value, at)

    def push_rows(self, rows: Iterable[tuple[Any, int | None]], *, input_index: int = 0) -> None:
        """Push several rows, with their event times, before anything comes of them.

        Parameters
        ----------
        rows : iterable of (value, time in ms or None)
            The rows.
        input_index : int
            Of connected streams: 0 the first, 1 the second.
        """
        self._input(input_index).push_rows(rows)

    def push_watermark(self, time_ms: int, *, input_index: int | None = None) -> None:
        """Say that no row at or before a time is to come.

        Parameters
        ----------
        time_ms : int
            Event time in ms, not below the last one of the input.
        input_index : int, optional
            Of connected streams, which one; all of them if not given. The function sees the lower
            one.
        """
        for each in self.inputs if input_index is None else [self._input(input_index)]:
            each.push_watermark(time_ms)

    def end(self) -> None:
        """End all inputs, as sources without further rows do: with the last watermark."""
        for each in self.inputs:
            each.end()

    def rows(self) -> list[Any]:
        """Return the rows of the main output, since the beginning or the last `clear_output`.

        Returns
        -------
        list
            In the order in which they came out.
        """
        return self.main.rows()

    def output(self) -> list[MadeRow]:
        """Return the rows of the main output with their event times.

        Returns
        -------
        list of MadeRow
            In the order in which they came out.
        """
        return self.main.output()

    def clear_output(self) -> None:
        """Forget what came out so far, of all outputs."""
        for output in self._outputs:
            output.clear()

    @property
    def main(self) -> Collected:
        """The main output."""
        return self._outputs[0]

    @property
    def watermark_ms(self) -> int | None:
        """The watermark that the function has handed on; None before the first."""
        return self.main.watermark_ms

    def side_output(self, tag: OutputTag) -> Collected:
        """Return a side output.

        Parameters
        ----------
        tag : OutputTag
            One of those given to the harness, that for late rows, or that of `on_row_error`.

        Returns
        -------
        Collected
            With `rows()`.

        Raises
        ------
        InvalidPipelineError
            If the harness was not told to look at it.
        """
        for output in self._outputs[1:]:
            if output.tag == tag:
                return output
        raise InvalidPipelineError(
            f"the harness does not look at the side output {tag!r}; "
            f"make it with OperatorHarness(stream, side_outputs=[...])"
        )

    @property
    def late_rows_dropped(self) -> int:
        """How many rows came after their windows were gone and had no side output to go to."""
        (operator,) = self._running().operators(self._node.node_id)
        return operator.late_rows_dropped or 0

    def metrics(self) -> dict[str, int | float]:
        """Return the metrics that the function has made with `get_metrics_group()`.

        Returns
        -------
        dict
            Values by `group.name`; meters and distributions have several.
        """
        node = self._node
        return {
            name: value
            for context in self._running().contexts()
            for name, value in context.metrics.of(node.node_id, node.name).numbers()
        }

    def state(self, key: Any, descriptor: StateDescriptor) -> Any:
        """Return the state of a key as plain values; see `OperatorView.state`."""
        return self._view().state(key, descriptor)

    def broadcast_state(self, descriptor: MapStateDescriptor) -> dict[Any, Any]:
        """Return the entries of a broadcast state; see `OperatorView.broadcast_state`."""
        return self._view().broadcast_state(descriptor)

    def state_entries(self) -> dict[str, list[Any]]:
        """Return the keys that have state, by the state's name."""
        return self._view().state_entries()

    def num_state_entries(self) -> int:
        """Return how many keys have state, counted for each state."""
        return self._view().num_state_entries()

    def event_timers(self) -> list[PendingTimer]:
        """Return the timers that wait for the watermark, as they will fire."""
        return self._view().event_timers()

    def processing_timers(self) -> list[PendingTimer]:
        """Return the timers that wait for processing time, as they will fire."""
        return self._view().processing_timers()

    def windows(self) -> list[tuple[Any, Any]]:
        """Return (key, window) of the windows that hold rows; see `OperatorView.windows`."""
        return self._view().windows()

    def _input(self, index: int) -> HarnessInput:
        if not 0 <= index < len(self.inputs):
            raise InvalidPipelineError(
                f"operator {self._node.name!r} ({self._node.call_site}) has {len(self.inputs)} "
                f"input(s), there is no input_index {index}"
            )
        return self.inputs[index]

    def _make_input(self, index: int) -> HarnessInput:
        name = f"input {index}" if len(self._front) > 1 else ""
        return HarnessInput(self, name, entry_id(index), self._rows_of(index)[1])

    def _rows_of(self, index: int) -> tuple[str, TypeInformation | None]:
        """Return the name and the type of the rows of an input."""
        edge = next(iter(self._front[index].values()))
        tag = edge.tag
        return edge.source.name, edge.source.output_type if tag is None else tag.type_info

    def _cut(self) -> tuple[GraphCut, list[int]]:
        node = self._node
        cut = GraphCut(self._next_id)
        entries = []
        for index in sorted(self._front):
            name, row_type = self._rows_of(index)
            entry = cut.enter(name, row_type, node.call_site, self._front[index])
            entries.append(entry.node_id)
        cut.keep(node).parallelism = None
        for tag in (None, *self._tags):
            cut.probe([Edge(node, tag=tag)], node.call_site)
        return cut, entries

    def _view(self) -> OperatorView:
        engine = self._running()
        return OperatorView(engine.operators(self._node.node_id), engine.clock)

    def _live_windows(self, operator: Operator) -> list[tuple[Any, Any]]:
        """Return the windows of the function; where they share slices, those of the rows so far."""
        live = operator.live_windows()
        if live is not None:
            return live
        description, step = self._node.operator, self.history.steps[-1]
        assert isinstance(description, WindowDescription)
        assigner = description.assigner
        is_fixed = assigner.is_event_time() and not isinstance(assigner, MergingWindowAssigner)
        if is_fixed and step.mark == "o" and step.event_ms is not None:
            windows = assigner.assign_windows(None, step.event_ms, None)
            self._assigned.update(dict.fromkeys(windows))
        return [(AnyKey(), window) for window in self._assigned]


class AnyKey:
    """Stands for the keys of windows that share slices."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyKey)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "each key"


def _node_of(stream: DataStream) -> Transformation:
    if not isinstance(stream, DataStream):
        raise InvalidTypeError(
            f"OperatorHarness takes the DataStream that a method like process() returned, got "
            f"{stream!r}"
        )
    if stream._node is None:
        raise InvalidPipelineError(
            "OperatorHarness got a stream that no operator makes, such as that of union(), "
            "rebalance() or get_side_output(); give it the one before or behind"
        )
    return stream._node


def _own_tags(node: Transformation) -> list[OutputTag]:
    """Return the side outputs that are known from the program."""
    tags = [node.row_error.tag]
    if isinstance(node.operator, WindowDescription):
        tags.append(node.operator.late_tag)
    return [tag for tag in tags if tag is not None]
