"""Two keyed streams whose rows meet if their times are near, as in Flink's Java API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flinkette.contracts.join_functions import ProcessJoinFunction
from flinkette.contracts.output_tag import OutputTag
from flinkette.datastream.checks import (
    described,
    invalid_argument,
    require_instance,
    require_output_type,
    wrong_type,
)
from flinkette.datastream.stream_base import connected_edges
from flinkette.graph.operators import IntervalJoinDescription

if TYPE_CHECKING:
    from flinkette.contracts.time import Duration, Time
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.data_stream import DataStream
    from flinkette.datastream.keyed_stream import KeyedStream

__all__ = ["IntervalJoin", "IntervalJoined"]


class IntervalJoin:
    """Two keyed streams, waiting for bounds; made by `KeyedStream.interval_join`.

    Parameters
    ----------
    stream1 : KeyedStream
        The left stream.
    stream2 : KeyedStream
        The right stream; its rows may be of another type, its keys may not.

    Examples
    --------
    >>> from flinkette.common import Time
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> from flinkette.ext.joins import ProcessJoinFunction
    >>> class Both(ProcessJoinFunction):
    ...     def process_element(self, left, right, ctx):
    ...         yield left, right, ctx.get_timestamp()
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> orders = env.from_collection([(1, "tea")]).key_by(lambda order: order[0])
    >>> payments = env.from_collection([(1, 2.5)]).key_by(lambda payment: payment[0])
    >>> hour = orders.interval_join(payments).between(Time.seconds(0), Time.hours(1))
    >>> hour.process(Both()).get_name()
    'Interval Join'
    """

    def __init__(self, stream1: KeyedStream, stream2: KeyedStream) -> None:
        self.stream1 = stream1
        self.stream2 = stream2

    def in_event_time(self) -> IntervalJoin:
        """Take the rows' own times, which is what is done anyway.

        Returns
        -------
        IntervalJoin
            The same object.
        """
        return self

    def in_processing_time(self) -> NoReturn:
        """Refuse: interval joins need event time, as in Flink.

        Raises
        ------
        InvalidPipelineError
            Always.
        """
        raise invalid_argument(
            "in_processing_time(): an interval join is over event time only; leave the call out "
            "and give both streams timestamps by assign_timestamps_and_watermarks(...)"
        )

    def between(self, lower_bound: Time | Duration, upper_bound: Time | Duration) -> IntervalJoined:
        """Say how much later than the left row the right one may be.

        Parameters
        ----------
        lower_bound : Time or Duration
            The least; negative if the right row may be earlier.
        upper_bound : Time or Duration
            The most, at least `lower_bound`. Both bounds belong to the interval.

        Returns
        -------
        IntervalJoined
            Apply a function to it to get results.

        Raises
        ------
        InvalidTypeError
            If a bound is no length of time.
        InvalidPipelineError
            If the lower bound is above the upper one.
        """
        lower_ms, upper_ms = (
            _milliseconds(name, bound)
            for name, bound in (("lower_bound", lower_bound), ("upper_bound", upper_bound))
        )
        _require_order("between()", lower_ms, upper_ms)
        return IntervalJoined(self.stream1, self.stream2, lower_ms, upper_ms)


class IntervalJoined:
    """Two keyed streams and how far apart their rows may be; made by `IntervalJoin.between`.

    Parameters
    ----------
    left : KeyedStream
        The left stream.
    right : KeyedStream
        The right stream.
    lower_ms : int
        How much later the right row is at least, in ms.
    upper_ms : int
        How much later the right row is at most, in ms.
    """

    def __init__(self, left: KeyedStream, right: KeyedStream, lower_ms: int, upper_ms: int) -> None:
        self._left = left
        self._right = right
        self._lower_ms = lower_ms
        self._upper_ms = upper_ms
        self._is_lower_exclusive = False
        self._is_upper_exclusive = False
        self._late_tags: list[OutputTag | None] = [None, None]

    def lower_bound_exclusive(self) -> IntervalJoined:
        """Leave out pairs that are exactly the lower bound apart.

        Returns
        -------
        IntervalJoined
            The same object.
        """
        self._is_lower_exclusive = True
        return self

    def upper_bound_exclusive(self) -> IntervalJoined:
        """Leave out pairs that are exactly the upper bound apart.

        Returns
        -------
        IntervalJoined
            The same object.
        """
        self._is_upper_exclusive = True
        return self

    def side_output_left_late_data(self, output_tag: OutputTag) -> IntervalJoined:
        """Send rows of the left stream that come behind the watermark to a side output.

        Parameters
        ----------
        output_tag : OutputTag
            Read it with `get_side_output` of the resulting stream.

        Returns
        -------
        IntervalJoined
            The same object.

        Raises
        ------
        InvalidTypeError
            If the argument is not an OutputTag.
        """
        require_instance("side_output_left_late_data", output_tag, OutputTag)
        self._late_tags[0] = output_tag
        return self

    def side_output_right_late_data(self, output_tag: OutputTag) -> IntervalJoined:
        """Send rows of the right stream that come behind the watermark to a side output.

        Parameters
        ----------
        output_tag : OutputTag
            Read it with `get_side_output` of the resulting stream.

        Returns
        -------
        IntervalJoined
            The same object.

        Raises
        ------
        InvalidTypeError
            If the argument is not an OutputTag.
        """
        require_instance("side_output_right_late_data", output_tag, OutputTag)
        self._late_tags[1] = output_tag
        return self

    def process(
        self, func: ProcessJoinFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Make rows of each pair of rows of one key that are no farther apart.

        Parameters
        ----------
        func : ProcessJoinFunction
            Gets a left row, a right row and a context with their times; yields rows, and
            ``tag, row`` pairs for side outputs.
        output_type : TypeInformation, optional
            Converts and checks each row of the main output; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results, with the later of the two times. A row meets those of the other stream
            that are there when it arrives, the earliest first; each pair is seen once.

        Raises
        ------
        InvalidTypeError
            If `func` is not a ProcessJoinFunction.
        InvalidPipelineError
            If exclusive bounds leave nothing between them.
        """
        require_instance("process", func, ProcessJoinFunction)
        require_output_type("process", output_type)
        lower_ms = self._lower_ms + self._is_lower_exclusive
        upper_ms = self._upper_ms - self._is_upper_exclusive
        _require_order("process() with exclusive bounds", lower_ms, upper_ms)
        description = IntervalJoinDescription(func, lower_ms, upper_ms, *self._late_tags)
        inputs = connected_edges(self._left, self._right)
        return self._left._append(description, "Interval Join", output_type, inputs=inputs)


def _milliseconds(name: str, bound: Any) -> int:
    to_milliseconds = getattr(bound, "to_milliseconds", None) or getattr(bound, "to_millis", None)
    if to_milliseconds is None or isinstance(bound, type):
        raise wrong_type(
            f"between() needs a Time or a Duration as its {name}, got {described(bound)}; "
            "for example Time.seconds(-5)"
        )
    return int(to_milliseconds())


def _require_order(what: str, lower_ms: int, upper_ms: int) -> None:
    if lower_ms > upper_ms:
        raise invalid_argument(
            f"{what}: no pair can be at least {lower_ms} ms and at most {upper_ms} ms apart; the "
            "lower bound must not be above the upper one"
        )
