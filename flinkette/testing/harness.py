"""What all harnesses share: time, inputs, what came out, and the end with its leak check."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.debug import live
from flinkette._native.values import ConversionError, fix_list
from flinkette.contracts import options
from flinkette.contracts.config import Configuration
from flinkette.contracts.errors import InvalidPipelineError, RowConversionError
from flinkette.contracts.time import milliseconds_of
from flinkette.contracts.windows import MAX_TIMESTAMP, MIN_TIMESTAMP
from flinkette.exchange.element import EndOfInput, StatusChange, Watermark
from flinkette.metrics.accumulators import merged
from flinkette.runtime.operators.rows import converter_of
from flinkette.testing.engine import Engine
from flinkette.testing.history import History, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta
    from types import TracebackType
    from typing import TypeAlias, TypeVar

    from flinkette.common import Duration, Time
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.exchange.element import Element
    from flinkette.testing.graph_cut import GraphCut
    from flinkette.testing.outputs import Collected

    Span: TypeAlias = int | Time | Duration | timedelta
    Self = TypeVar("Self", bound="Harness")

__all__ = ["Harness", "HarnessInput", "LeakError"]

_open_harnesses: WeakSet[Harness] = WeakSet()
"""Native objects are counted for the whole process: with one harness the count is its own."""


class LeakError(AssertionError):
    """Something was left when a harness was closed with `check_leaks`."""


class HarnessInput:
    """One input of what is tested.

    Parameters
    ----------
    harness : Harness
        The harness.
    name : str
        What drawings call it; empty if there is but one.
    node_id : int
        The transformation in whose place it is.
    type_info : TypeInformation or None
        Type that pushed rows are converted to.
    """

    def __init__(
        self, harness: Harness, name: str, node_id: int, type_info: TypeInformation | None
    ) -> None:
        self._harness = harness
        self._name = name
        self._node_id = node_id
        self._converter = converter_of(type_info)
        self._watermark_ms = MIN_TIMESTAMP
        self._has_ended = False

    def push(self, value: Any, at: int | None = None) -> None:
        """Push a row, and let everything come of it that comes at once.

        Parameters
        ----------
        value : object
            The row; converted to the stream's declared type.
        at : int, optional
            Its event time in ms.

        Raises
        ------
        RowConversionError
            If it does not fit the declared type.
        UserFunctionError
            If the user's function raised.
        """
        self.push_rows([(value, at)])

    def push_rows(self, rows: Iterable[tuple[Any, int | None]]) -> None:
        """Push several rows, with their event times, before anything comes of them.

        Parameters
        ----------
        rows : iterable of (value, time in ms or None)
            The rows.
        """
        pairs = list(rows)
        if not pairs:
            return
        values = [value for value, _ in pairs]
        try:
            own = fix_list(values) if self._converter is None else self._convert(values)
        except ConversionError as error:
            raise RowConversionError(
                f"push: {error}; change the value or the declared type"
            ) from error
        times = [MIN_TIMESTAMP if at is None else at for _, at in pairs]
        has_times = any(at is not None for _, at in pairs)
        batch = Batch.from_objects(own, Int64Buffer.of(times) if has_times else None)
        steps = [
            Step("o", repr(value) if at is None else f"{value!r} at {at}", at)
            for value, at in pairs
        ]
        self._put([batch], steps)

    def push_watermark(self, time_ms: int) -> None:
        """Say that no row at or before a time is to come.

        Parameters
        ----------
        time_ms : int
            Event time in ms, not below the last one of this input.

        Raises
        ------
        ValueError
            If it goes back.
        """
        if time_ms < self._watermark_ms:
            raise ValueError(
                f"push_watermark({time_ms}) after {self._watermark_ms}: watermarks do not go back; "
                "push late rows after the watermark instead"
            )
        self._watermark_ms = time_ms
        self._put([Watermark(time_ms)], [Step("W", f"watermark {time_ms}", time_ms)])

    def mark_idle(self) -> None:
        """Say that this input has nothing for now: others decide about the watermark."""
        self._put([StatusChange(is_idle=True)], [Step("i", "idle")])

    def mark_active(self) -> None:
        """Say that this input counts again."""
        self._put([StatusChange(is_idle=False)], [Step("i", "active")])

    def end(self) -> None:
        """End the input, as a source without further rows does: with the last watermark."""
        if not self._has_ended:
            self._put([Watermark(MAX_TIMESTAMP), EndOfInput()], [Step("E", "end")])
            self._has_ended = True

    @property
    def has_ended(self) -> bool:
        """Whether `end` was called."""
        return self._has_ended

    def _convert(self, values: list[Any]) -> list[Any]:
        assert self._converter is not None
        return self._converter.convert_list(values)

    def _put(self, elements: list[Element], steps: list[Step]) -> None:
        if self._has_ended:
            raise InvalidPipelineError(
                f"input {self._name or 'of the harness'} has ended; nothing can follow end()"
            )
        for step in steps:
            step.text = f"{self._name}: {step.text}" if self._name else step.text
        self._harness._push(self._node_id, elements, steps)


class Harness:
    """Base of the harnesses; use `OperatorHarness` or `PipelineHarness`.

    Parameters
    ----------
    configuration : Configuration
        Of the user's environment.
    parallelism : int
        Subtasks of operators that do not say.
    start_time_ms : int
        Processing time at the beginning.
    """

    def __init__(self, configuration: Configuration, parallelism: int, start_time_ms: int) -> None:
        self.history = History()
        self._configuration = Configuration(configuration)
        self._configuration.set(options.PARALLELISM, parallelism)
        self._start_time_ms = start_time_ms
        self._outputs: list[Collected] = []
        self._engine: Engine | None = None
        self._is_closed = False
        self._live_before: dict[str, int] | None = None if _open_harnesses else live()
        _open_harnesses.add(self)

    @property
    def processing_time_ms(self) -> int:
        """Processing time now, in ms."""
        return self._start_time_ms if self._engine is None else self._engine.clock.now_ms()

    def advance_processing_time(self, by: Span) -> None:
        """Move processing time forward; whatever becomes due on the way happens at its time.

        Parameters
        ----------
        by : int, Time, Duration or timedelta
            Milliseconds, or a span.
        """
        span_ms = by if isinstance(by, int) else milliseconds_of(by, "advance_processing_time()")
        self.set_processing_time(self.processing_time_ms + span_ms)

    def set_processing_time(self, to_ms: int) -> None:
        """Move processing time forward to a moment.

        Parameters
        ----------
        to_ms : int
            In ms, not before `processing_time_ms`.

        Raises
        ------
        ValueError
            If it goes back.
        """
        if to_ms < self.processing_time_ms:
            raise ValueError(
                f"processing time does not go back: it is {self.processing_time_ms}, asked for "
                f"{to_ms}"
            )
        engine = self._running()
        with self._acting([Step("P", f"processing time {to_ms}", processing_ms=to_ms)]):
            for _ in engine.advance(to_ms):
                self._take_outputs()

    def accumulators(self) -> dict[str, Any]:
        """Return what functions have added up for the program.

        Returns
        -------
        dict
            As `JobExecutionResult.get_all_accumulator_results` gives it.
        """
        contexts = self._running().contexts()
        return merged(state for context in contexts for state in context.accumulators.states())

    def close(self, *, check_leaks: bool = False) -> None:
        """Close the functions.

        Parameters
        ----------
        check_leaks : bool
            Look for what is left: state, timers and windows of keys before the functions are
            closed, native objects of the engine after.

        Raises
        ------
        LeakError
            If something is.
        """
        if self._is_closed:
            return
        self._is_closed = True
        engine, self._engine = self._engine, None
        _open_harnesses.discard(self)
        left = self._leftovers(engine) if check_leaks and engine is not None else []
        if engine is not None:
            engine.close()
        if check_leaks:
            del engine
            left += self._native_leftovers()
            if left:
                raise LeakError(
                    "left when the harness was closed:\n"
                    + "\n".join(f"  {each}" for each in left)
                    + "\nclear state and delete timers when a key is done with"
                )

    def __enter__(self: Self) -> Self:
        """Use the harness; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the harness."""
        self.close()

    def _cut(self) -> tuple[GraphCut, list[int]]:
        """Cut out what runs, with a probe for each output; return it and the ids of entries."""
        raise NotImplementedError

    def _running(self) -> Engine:
        if self._is_closed:
            raise InvalidPipelineError("the harness is closed; make a new one for another test")
        if self._engine is None:
            cut, entries = self._cut()
            self._engine = Engine(
                cut.graph(), entries, cut.probes, self._configuration, self._start_time_ms
            )
            for output, probe in zip(self._outputs, cut.probes, strict=True):
                output.attach(self._engine.gate_of(probe))
        return self._engine

    def _push(self, node_id: int, elements: list[Element], steps: list[Step]) -> None:
        engine = self._running()
        with self._acting(steps):
            for element in elements:
                engine.entry(node_id).put(element)
            engine.run()

    @contextmanager
    def _acting(self, steps: list[Step]) -> Iterator[None]:
        """Note steps, and all that comes of them, also when the last one fails."""
        for step in steps:
            self.history.begin(step)
        try:
            yield
        finally:
            self._take_outputs()
            if self.history.wants_more:
                self._observe()

    def _take_outputs(self) -> None:
        for output in self._outputs:
            output.take(self.history.note)

    def _observe(self) -> None:
        """Tell the history about windows and timers, where they can be seen."""

    def _leftovers(self, engine: Engine) -> list[str]:
        """Return what keys still hold."""
        from flinkette.testing.operator_view import OperatorView

        return [
            f"{operator.info.name!r}: {each}"
            for operator in engine.operators()
            for each in OperatorView([operator], engine.clock).leftovers()
        ]

    def _native_leftovers(self) -> list[str]:
        """Return native objects that outlived the harness that made them."""
        before = self._live_before
        if before is None or _open_harnesses:
            return []
        self._outputs = []
        gc.collect()
        return [
            f"{count - before[kind]} native objects {kind!r}"
            for kind, count in live().items()
            if count > before[kind]
        ]
