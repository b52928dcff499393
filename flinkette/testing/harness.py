"""What all harnesses share: time, what came out, and the end with its leak check."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from flinkette._native.debug import live
from flinkette.contracts import options
from flinkette.contracts.config import Configuration
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.time import milliseconds_of
from flinkette.metrics.accumulators import merged
from flinkette.testing.engine import Engine
from flinkette.testing.history import History, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from types import TracebackType
    from typing import TypeAlias, TypeVar

    from flinkette.common import Duration, Time
    from flinkette.exchange.element import Element
    from flinkette.runtime.operator import Operator
    from flinkette.testing.graph_cut import GraphCut
    from flinkette.testing.outputs import Collected

    Span: TypeAlias = int | Time | Duration | timedelta
    Self = TypeVar("Self", bound="Harness")

__all__ = ["Harness", "LeakError"]

_open_harnesses: WeakSet[Harness] = WeakSet()
"""Native objects are counted for the whole process: with one harness the count is its own."""


class LeakError(AssertionError):
    """Something was left when a harness was closed with `check_leaks`."""


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
            closed, native objects of the engine after. Garbage that Python had not collected when
            the harness was made can hide some of these, never make some up.

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
        """Tell the history about windows and timers."""
        operators = self._running().operators()
        self.history.observe(
            [each for operator in operators for each in self._live_windows(operator)],
            [each for operator in operators for each in operator.pending_timers()],
        )

    def _live_windows(self, operator: Operator) -> list[tuple[Any, Any]]:
        """Return the windows of an operator, as far as they can be seen."""
        return operator.live_windows() or []

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
