"""KeyedStream: a stream whose rows meet the other rows of their key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flinkette.contracts.functions import (
    KeyedProcessFunction,
    ProcessFunction,
    ReduceFunction,
)
from flinkette.datastream.checks import (
    described,
    invalid_argument,
    require_function,
    require_instance,
    require_int,
    require_output_type,
    wrong_type,
)
from flinkette.datastream.data_stream import DataStream
from flinkette.graph.operators import (
    ProcessDescription,
    ReduceDescription,
    RunningAggregateDescription,
)
from flinkette.graph.transformations import Edge, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.functions import KeySelector
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.contracts.window import WindowAssigner
    from flinkette.datastream.interval_join import IntervalJoin
    from flinkette.datastream.windowed_stream import WindowedStream
    from flinkette.graph.transformations import Transformation

__all__ = ["KeyedStream"]


class KeyedStream(DataStream):
    """A stream partitioned by key, made by `DataStream.key_by`.

    Parameters
    ----------
    origin_stream : DataStream
        The stream before `key_by`.
    node : Transformation
        The operator that computes the keys.
    key_type : TypeInformation or None
        Declared type of the keys.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> words = env.from_collection([("a", 1), ("b", 1), ("a", 1)])
    >>> words.key_by(lambda pair: pair[0]).sum(1).get_name()
    'Reduce'
    """

    _is_keyed = True

    def __init__(
        self, origin_stream: DataStream, node: Transformation, key_type: TypeInformation | None
    ) -> None:
        edges = (Edge(node, Exchange.HASH),)
        super().__init__(origin_stream._env, edges, None, origin_stream._output_type)
        self._origin_stream = origin_stream
        self._key_type = key_type

    def key_by(
        self,
        key_selector: Callable[..., Any] | KeySelector | str,
        key_type: TypeInformation | None = None,
    ) -> KeyedStream:
        """Partition by another key instead of this one.

        Parameters
        ----------
        key_selector : callable, KeySelector or str
            Takes a row, returns its key; a str names a field of the rows (flinkette only).
        key_type : TypeInformation, optional
            Converts and checks each key.

        Returns
        -------
        KeyedStream
            The stream by the new key.
        """
        return self._origin_stream.key_by(key_selector, key_type)

    def process(
        self,
        func: KeyedProcessFunction | ProcessFunction,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Process each row with its key's state and timers.

        Parameters
        ----------
        func : KeyedProcessFunction
            Its `process_element` and `on_timer` yield rows, and ``tag, row`` pairs for side
            outputs.
        output_type : TypeInformation, optional
            Converts and checks each row of the main output.

        Returns
        -------
        DataStream
            The main output.

        Raises
        ------
        InvalidTypeError
            If `func` is not a KeyedProcessFunction.
        """
        require_instance(
            "process",
            func,
            KeyedProcessFunction,
            hint="a KeyedStream has keys, so its functions derive from KeyedProcessFunction",
        )
        require_output_type("process", output_type)
        return self._append(ProcessDescription(func, is_keyed=True), "KEYED PROCESS", output_type)

    def reduce(self, func: Callable[..., Any] | ReduceFunction) -> DataStream:
        """Combine each row with the result so far of its key.

        Parameters
        ----------
        func : callable or ReduceFunction
            Takes the result so far and a row, returns the new result; not called for the first
            row of a key.

        Returns
        -------
        DataStream
            The result after every row: as many rows as came in, in their order.

        Raises
        ------
        InvalidTypeError
            If `func` cannot be called.
        """
        require_function("reduce", func, ReduceFunction)
        return self._append(ReduceDescription(func), "Reduce", self._output_type)

    def sum(self, position_to_sum: int | str = 0) -> DataStream:
        """Add up a field per key.

        Parameters
        ----------
        position_to_sum : int or str
            Position counted from 0, or name, of the field; 0 on a stream of numbers.

        Returns
        -------
        DataStream
            For each row the key's first row with the field's sum so far.

        Raises
        ------
        InvalidTypeError
            If the position is neither an int nor a str.
        """
        return self._running("sum", position_to_sum)

    def min(self, position_to_min: int | str = 0) -> DataStream:
        """Keep the smallest value of a field per key.

        Parameters
        ----------
        position_to_min : int or str
            Position counted from 0, or name, of the field; 0 on a stream of single values.

        Returns
        -------
        DataStream
            For each row the key's first row with the field's minimum so far.

        Raises
        ------
        InvalidTypeError
            If the position is neither an int nor a str.
        """
        return self._running("min", position_to_min)

    def max(self, position_to_max: int | str = 0) -> DataStream:
        """Keep the largest value of a field per key.

        Parameters
        ----------
        position_to_max : int or str
            Position counted from 0, or name, of the field; 0 on a stream of single values.

        Returns
        -------
        DataStream
            For each row the key's first row with the field's maximum so far.

        Raises
        ------
        InvalidTypeError
            If the position is neither an int nor a str.
        """
        return self._running("max", position_to_max)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream:
        """Keep the whole row that has the smallest value of a field, per key.

        Parameters
        ----------
        position_to_min_by : int or str
            Position counted from 0, or name, of the field.

        Returns
        -------
        DataStream
            For each row the key's smallest row so far; of equal ones the first.

        Raises
        ------
        InvalidTypeError
            If the position is neither an int nor a str.
        """
        return self._running("min_by", position_to_min_by)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream:
        """Keep the whole row that has the largest value of a field, per key.

        Parameters
        ----------
        position_to_max_by : int or str
            Position counted from 0, or name, of the field.

        Returns
        -------
        DataStream
            For each row the key's largest row so far; of equal ones the first.

        Raises
        ------
        InvalidTypeError
            If the position is neither an int nor a str.
        """
        return self._running("max_by", position_to_max_by)

    def window(self, window_assigner: WindowAssigner[Any, Any]) -> WindowedStream:
        """Put the rows of each key into windows.

        Parameters
        ----------
        window_assigner : WindowAssigner
            Says which windows a row belongs to.

        Returns
        -------
        WindowedStream
            Apply a function to it to get results.

        Raises
        ------
        InvalidTypeError
            If the argument is not a WindowAssigner.
        """
        from flinkette.datastream.windowed_stream import WindowedStream

        return WindowedStream(self, window_assigner)

    def count_window(self, size: int, slide: int = 0) -> WindowedStream:
        """Put the rows of each key into windows of a number of rows.

        Parameters
        ----------
        size : int
            Rows per window, at least 1.
        slide : int
            Rows between two results; 0 means `size`: windows that do not overlap.

        Returns
        -------
        WindowedStream
            Apply a function to it to get results.

        Raises
        ------
        InvalidPipelineError
            If `size` is below 1 or `slide` below 0.
        """
        from flinkette.contracts.window import (
            CountSlidingWindowAssigner,
            CountTumblingWindowAssigner,
        )
        from flinkette.datastream.windowed_stream import WindowedStream

        require_int("count_window", "size", size, least=1)
        require_int("count_window", "slide", slide, least=0)
        if slide == 0:
            return WindowedStream(self, CountTumblingWindowAssigner.of(size))
        return WindowedStream(self, CountSlidingWindowAssigner.of(size, slide))

    def interval_join(self, other: KeyedStream) -> IntervalJoin:
        """Pair rows of this stream with those of another of their key that are near in time.

        Parameters
        ----------
        other : KeyedStream
            The right stream, of the same environment, with keys of the same type.

        Returns
        -------
        IntervalJoin
            ``.between(lower, upper).process(function)`` gives the pairs. PyFlink has no such
            method; its name is that of Flink's Java API.

        Raises
        ------
        InvalidTypeError
            If `other` is not a keyed stream.
        InvalidPipelineError
            If it belongs to another environment, or its keys are of another type.
        """
        from flinkette.datastream.connected_streams import require_keys_of_one_type
        from flinkette.datastream.interval_join import IntervalJoin

        require_instance(
            "interval_join", other, KeyedStream, hint="call key_by(...) on the other stream first"
        )
        self._with("interval_join", other)
        require_keys_of_one_type("interval_join", self, other)
        return IntervalJoin(self, other)

    def _running(self, kind: str, position: int | str) -> DataStream:
        """Append a running aggregate of one field."""
        if isinstance(position, bool) or not isinstance(position, (int, str)):
            raise wrong_type(
                f"{kind}() needs the position (int) or name (str) of a field, got "
                f"{described(position)}"
            )
        if isinstance(position, int) and position < 0:
            raise invalid_argument(f"{kind}(): the position must be 0 or more, got {position}")
        description = RunningAggregateDescription(kind, position)
        return self._append(description, "Reduce", self._output_type)

    # What a stream by key refuses -----------------------------------------------------------

    def shuffle(self) -> NoReturn:
        """Send rows to random subtasks: always raises `InvalidPipelineError`."""
        _refuse_exchange("shuffle")

    def rescale(self) -> NoReturn:
        """Send rows to near subtasks in turn: always raises `InvalidPipelineError`."""
        _refuse_exchange("rescale")

    def rebalance(self) -> NoReturn:
        """Send rows to all subtasks in turn: always raises `InvalidPipelineError`."""
        _refuse_exchange("rebalance")

    def forward(self) -> NoReturn:
        """Send rows to the same subtask: always raises `InvalidPipelineError`."""
        _refuse_exchange("forward")

    def broadcast(self, *args: Any) -> NoReturn:
        """Send rows to every subtask: always raises `InvalidPipelineError`."""
        _refuse_exchange("broadcast")

    def partition_custom(self, partitioner: Any, key_selector: Any) -> NoReturn:
        """Let a function choose the subtask: always raises `InvalidPipelineError`."""
        _refuse_exchange("partition_custom")

    def set_parallelism(self, parallelism: int) -> NoReturn:
        """Set the parallelism: not on a KeyedStream, always raises `InvalidPipelineError`."""
        _refuse_setting("set_parallelism")

    def name(self, name: str) -> NoReturn:
        """Name the operator: not on a KeyedStream, always raises `InvalidPipelineError`."""
        _refuse_setting("name")

    def get_name(self) -> NoReturn:
        """Return the operator's name: always raises `InvalidPipelineError`."""
        _refuse_setting("get_name")

    def uid(self, uid: str) -> NoReturn:
        """Give the operator an id: not on a KeyedStream, always raises `InvalidPipelineError`."""
        _refuse_setting("uid")

    def set_uid_hash(self, uid_hash: str) -> NoReturn:
        """Give the operator an id: not on a KeyedStream, always raises `InvalidPipelineError`."""
        _refuse_setting("set_uid_hash")

    def set_max_parallelism(self, max_parallelism: int) -> NoReturn:
        """Set the number of key groups: always raises `InvalidPipelineError`."""
        _refuse_setting("set_max_parallelism")

    def force_non_parallel(self) -> NoReturn:
        """Run one instance only: not on a KeyedStream, always raises `InvalidPipelineError`."""
        _refuse_setting("force_non_parallel")

    def set_buffer_timeout(self, timeout_millis: int) -> NoReturn:
        """Set how long output may wait: always raises `InvalidPipelineError`."""
        _refuse_setting("set_buffer_timeout")

    def start_new_chain(self) -> NoReturn:
        """Start a chain: not on a KeyedStream, always raises `InvalidPipelineError`."""
        _refuse_setting("start_new_chain")

    def disable_chaining(self) -> NoReturn:
        """Run the operator by itself: always raises `InvalidPipelineError`."""
        _refuse_setting("disable_chaining")

    def slot_sharing_group(self, slot_sharing_group: Any) -> NoReturn:
        """Put the operator into a slot sharing group: always raises `InvalidPipelineError`."""
        _refuse_setting("slot_sharing_group")

    def cache(self) -> NoReturn:
        """Keep the rows for later jobs: always raises `InvalidPipelineError`."""
        _refuse_setting("cache")


def _refuse_exchange(method: str) -> NoReturn:
    raise invalid_argument(
        f"{method}() on a KeyedStream would undo key_by(); call it on the stream before key_by() "
        "or on the result of a function"
    )


def _refuse_setting(method: str) -> NoReturn:
    raise invalid_argument(
        f"{method}() is not supported on a KeyedStream, which has no operator of its own; call it "
        "on the stream before key_by() or on the result of a function"
    )
