"""WindowedStream and AllWindowedStream: rows in windows, waiting for a function."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.aggregate_types import type_of_field, type_of_results
from flinkette.contracts.aggregates import (
    AggregateSpec,
    CombinedAggregate,
    WithFields,
    WithWindow,
    combined,
)
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.evictors import Evictor
from flinkette.contracts.functions import (
    AggregateFunction,
    AllWindowFunction,
    Function,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    ReduceFunction,
    WindowFunction,
)
from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.window import MergingWindowAssigner, Trigger, WindowAssigner
from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.checks import (
    invalid_argument,
    require_function,
    require_instance,
    require_int,
    require_output_type,
    wrong_type,
)
from flinkette.datastream.data_stream import DataStream
from flinkette.graph.operators import KeyByDescription, WindowDescription
from flinkette.graph.transformations import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.keyed_stream import KeyedStream
    from flinkette.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["AllWindowedStream", "WindowSettings", "WindowedStream"]

Late = TypeVar("Late", bound="_Windowed")
Self = TypeVar("Self", bound="WindowSettings")


class WindowSettings:
    """What all streams in windows are told before their function."""

    _is_all = False

    def __init__(self, stream: DataStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        method = "window_all" if self._is_all else "window"
        require_instance(
            method,
            window_assigner,
            WindowAssigner,
            hint="for example TumblingEventTimeWindows.of(Time.seconds(5))",
        )
        self._stream = stream
        self._assigner = window_assigner
        self._trigger: Trigger[Any, Any] | None = None
        self._allowed_lateness_ms = 0
        self._late_tag: OutputTag | None = None

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """Return the environment this stream belongs to.

        Returns
        -------
        StreamExecutionEnvironment
            The environment that made the stream's source.
        """
        return self._stream._env

    def trigger(self: Self, trigger: Trigger[Any, Any]) -> Self:
        """Replace the assigner's trigger, which says when a window gives a result.

        Parameters
        ----------
        trigger : Trigger
            For example ``CountTrigger.of(100)``.

        Returns
        -------
        WindowedStream
            The same object.

        Raises
        ------
        InvalidTypeError
            If the argument is not a Trigger.
        """
        require_instance("trigger", trigger, Trigger)
        if isinstance(self._assigner, MergingWindowAssigner) and not trigger.can_merge():
            raise wrong_type(
                f"trigger({type(trigger).__name__}): its can_merge() is False, and the windows of "
                f"{type(self._assigner).__name__} merge; use a trigger that can"
            )
        self._trigger = trigger
        return self

    def allowed_lateness(self: Self, time_ms: int) -> Self:
        """Keep windows after their end, so that late rows give corrected results.

        Parameters
        ----------
        time_ms : int
            Milliseconds of event time, at least 0.

        Returns
        -------
        WindowedStream
            The same object.

        Raises
        ------
        InvalidPipelineError
            If it is negative.
        """
        if hasattr(time_ms, "to_milliseconds"):
            time_ms = time_ms.to_milliseconds()
        require_int("allowed_lateness", "time_ms", time_ms, least=0)
        self._allowed_lateness_ms = time_ms
        return self


class _Windowed(WindowSettings):
    """The functions that both kinds of windowed stream take."""

    _apply_kind: type[Function]
    _process_kind: type[Function]
    _evictor: Evictor[Any, Any] | None = None

    def get_input_type(self) -> TypeInformation:
        """Return the type of the rows that go into the windows.

        Returns
        -------
        TypeInformation
            The declared type; the pickled type for plain Python objects.
        """
        return self._stream.get_type()

    def evictor(self: Late, evictor: Evictor[Any, Any]) -> Late:
        """Drop rows from a window when it fires, before or after its function (flinkette only).

        Parameters
        ----------
        evictor : Evictor
            One of `flinkette.ext.windows`, for example ``CountEvictor.of(100)``, or your own. The
            window keeps all its rows, also for `reduce` and `aggregate`.

        Returns
        -------
        WindowedStream
            The same object.

        Raises
        ------
        InvalidTypeError
            If the argument is not an Evictor.
        """
        require_instance("evictor", evictor, Evictor, hint="for example CountEvictor.of(100)")
        self._evictor = evictor
        return self

    def side_output_late_data(self: Late, output_tag: OutputTag) -> Late:
        """Send rows that come after their windows have gone to a side output.

        Parameters
        ----------
        output_tag : OutputTag
            Read it with `get_side_output` of the resulting stream.

        Returns
        -------
        WindowedStream
            The same object.

        Raises
        ------
        InvalidTypeError
            If the argument is not an OutputTag.
        """
        require_instance("side_output_late_data", output_tag, OutputTag)
        self._late_tag = output_tag
        return self

    def reduce(
        self,
        reduce_function: Callable[..., Any] | ReduceFunction,
        window_function: Any = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Combine the rows of a window two by two, in the order they arrive.

        Parameters
        ----------
        reduce_function : callable or ReduceFunction
            Takes the result so far and a row, returns the new result.
        window_function : WindowFunction or ProcessWindowFunction, optional
            Gets the one result and the window, yields rows.
        output_type : TypeInformation, optional
            Type of the window function's rows; without one the results have the rows' type.

        Returns
        -------
        DataStream
            The results.

        Raises
        ------
        InvalidTypeError
            If a function is of the wrong kind.
        """
        require_function("reduce", reduce_function, ReduceFunction)
        self._require_window_function("reduce", window_function)
        require_output_type("reduce", output_type)
        if window_function is None and output_type is None:
            output_type = self._stream._output_type
        return self._append("reduce", reduce_function, window_function, output_type)

    def aggregate(
        self,
        aggregate_function: AggregateFunction | AggregateSpec | Sequence[AggregateSpec],
        window_function: Any = None,
        accumulator_type: Any = None,
        output_type: Any = None,
        *more_aggregates: AggregateSpec,
        with_key: bool = False,
        with_window: bool = False,
    ) -> DataStream:
        """Aggregate the rows of a window as they arrive.

        Parameters
        ----------
        aggregate_function : AggregateFunction, AggregateSpec or list of AggregateSpec
            The aggregate. Built-in ones (flinkette only) come from `flinkette.ext.aggregations`;
            several may be given as one list or one after the other.
        window_function : WindowFunction or ProcessWindowFunction, optional
            Gets the one result and the window, yields rows.
        accumulator_type : TypeInformation, optional
            Type of the accumulators, for their state.
        output_type : TypeInformation, optional
            Type of the resulting rows; that of built-in aggregates follows from the rows' type.
        *more_aggregates : AggregateSpec
            Further built-in aggregates.
        with_key : bool
            With built-in aggregates: put the key into each row as its first field ``key``.
        with_window : bool
            With built-in aggregates: add fields ``window_start`` and ``window_end`` in ms (None
            for windows without time) before the results.

        Returns
        -------
        DataStream
            The results: what the function returns; for one built-in aggregate its value; for
            several, or a list, a Row with a field per aggregate.

        Raises
        ------
        InvalidTypeError
            If a function is of the wrong kind.
        InvalidPipelineError
            If two results have one name.

        Examples
        --------
        >>> from flinkette.ext.aggregations import Count, Sum
        >>> [spec.name for spec in (Sum("v"), Count())]
        ['sum_v', 'count']
        """
        if isinstance(aggregate_function, (AggregateSpec, list, tuple)):
            given = (window_function, accumulator_type, output_type, *more_aggregates)
            following = [value for value in given if isinstance(value, AggregateSpec)]
            window_function, accumulator_type, output_type = (
                None if isinstance(value, AggregateSpec) else value for value in given[:3]
            )
            aggregate_function = self._combined(aggregate_function, following)
        require_instance("aggregate", aggregate_function, AggregateFunction)
        if with_key or with_window:
            window_function = self._field_adder(
                aggregate_function, window_function, with_key=with_key, with_window=with_window
            )
        self._require_window_function("aggregate", window_function)
        require_output_type("aggregate", accumulator_type)
        require_output_type("aggregate", output_type)
        result_type = self._result_type(aggregate_function, window_function)
        return self._append(
            "aggregate",
            aggregate_function,
            window_function,
            output_type or result_type,
            result_type,
        )

    def apply(self, window_function: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Give all rows of a window to a function.

        Parameters
        ----------
        window_function : WindowFunction
            An AllWindowFunction after `window_all`.
        output_type : TypeInformation, optional
            Type of the resulting rows.

        Returns
        -------
        DataStream
            The rows the function yields.

        Raises
        ------
        InvalidTypeError
            If the function is of the wrong kind.
        """
        require_instance("apply", window_function, self._apply_kind)
        require_output_type("apply", output_type)
        return self._append("apply", None, window_function, output_type)

    def process(
        self, process_window_function: Any, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Give all rows of a window to a function with a context: window, state, watermark.

        Parameters
        ----------
        process_window_function : ProcessWindowFunction
            A ProcessAllWindowFunction after `window_all`.
        output_type : TypeInformation, optional
            Type of the resulting rows.

        Returns
        -------
        DataStream
            The rows the function yields.

        Raises
        ------
        InvalidTypeError
            If the function is of the wrong kind.
        """
        require_instance("process", process_window_function, self._process_kind)
        require_output_type("process", output_type)
        return self._append("process", None, process_window_function, output_type)

    def _combined(
        self, first: AggregateSpec | Sequence[AggregateSpec], following: list[AggregateSpec]
    ) -> CombinedAggregate:
        """Make one function of built-in aggregates; errors name the user's line."""
        is_single = isinstance(first, AggregateSpec)
        specs = [first] if isinstance(first, AggregateSpec) else list(first)
        try:
            rows = self._stream._output_type
            return combined([*specs, *following], is_row=not is_single, rows=rows)
        except (InvalidPipelineError, InvalidTypeError) as error:
            raise type(error)(f"{error} (at {find_call_site()})") from None

    def _field_adder(
        self, function: Any, window_function: Any, *, with_key: bool, with_window: bool
    ) -> Any:
        """Make the function that puts key and window bounds before the results."""
        if not isinstance(function, CombinedAggregate) or window_function is not None:
            raise invalid_argument(
                "aggregate(with_key=..., with_window=...) works with built-in aggregates and no "
                "window function; let the window function add the key instead"
            )
        if with_key and self._is_all:
            raise invalid_argument("aggregate(with_key=True): window_all() has no keys")
        name = None if function.is_row else function.specs[0].name
        if self._is_all:
            return WithWindow(has_key=False, has_window=with_window, result_name=name)
        return WithFields(has_key=with_key, has_window=with_window, result_name=name)

    def _result_type(self, function: Any, window_function: Any) -> TypeInformation | None:
        """Return the type of what built-in aggregates give, if that of the rows is declared."""
        if not isinstance(function, CombinedAggregate) or not isinstance(
            window_function, (WithFields, WithWindow, type(None))
        ):
            return None
        rows = self._stream._output_type
        description = self._stream._edges[0].source.operator
        key = None
        if isinstance(description, KeyByDescription):
            key = description.key_type
            if key is None and isinstance(description.selector, (int, str)):
                key = type_of_field(rows, description.selector)
        return type_of_results(function, window_function, rows, key)

    def _require_window_function(self, method: str, window_function: Any) -> None:
        """Accept None or a window function of this kind of stream."""
        if window_function is not None:
            what = f"{method}(window_function=...)"
            require_instance(what, window_function, self._apply_kind, self._process_kind)

    def _append(
        self,
        kind: str,
        function: Any,
        window_function: Any,
        output_type: TypeInformation | None,
        result_type: TypeInformation | None = None,
    ) -> DataStream:
        """Append the window operator."""
        description = WindowDescription(
            self._assigner,
            self._trigger,
            kind,
            function,
            window_function,
            self._allowed_lateness_ms,
            self._late_tag,
            self._is_all,
            self._evictor,
            result_type=result_type,
        )
        name = type(self._assigner).__name__
        return self._stream._append(description, name, output_type, is_non_parallel=self._is_all)


class WindowedStream(_Windowed):
    """The rows of each key in windows, made by `KeyedStream.window`.

    Parameters
    ----------
    keyed_stream : KeyedStream
        The rows.
    window_assigner : WindowAssigner
        Says which windows a row belongs to.

    Examples
    --------
    >>> from flinkette.common import Time
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> from flinkette.datastream.window import TumblingEventTimeWindows
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> rows = env.from_collection([("a", 1), ("a", 2)]).key_by(lambda row: row[0])
    >>> windows = rows.window(TumblingEventTimeWindows.of(Time.seconds(5)))
    >>> windows.reduce(lambda a, b: (a[0], a[1] + b[1])).get_name()
    'TumblingEventTimeWindows'
    """

    _apply_kind = WindowFunction
    _process_kind = ProcessWindowFunction

    def __init__(
        self, keyed_stream: KeyedStream, window_assigner: WindowAssigner[Any, Any]
    ) -> None:
        super().__init__(keyed_stream, window_assigner)


class AllWindowedStream(_Windowed):
    """All rows in windows, made by `DataStream.window_all`; one subtask does the work.

    Parameters
    ----------
    data_stream : DataStream
        The rows.
    window_assigner : WindowAssigner
        Says which windows a row belongs to.
    """

    _apply_kind = AllWindowFunction
    _process_kind = ProcessAllWindowFunction
    _is_all = True

    def __init__(self, data_stream: DataStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        edges = tuple(replace(edge, exchange=Exchange.GLOBAL) for edge in data_stream._edges)
        super().__init__(
            DataStream(data_stream._env, edges, None, data_stream._output_type), window_assigner
        )
