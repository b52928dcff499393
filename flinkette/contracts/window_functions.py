"""User functions that are called with the contents of a window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.row_functions import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.contracts.runtime_context import KeyedStateStore

__all__ = [
    "AllWindowFunction",
    "PassThroughAllWindowFunction",
    "PassThroughWindowFunction",
    "ProcessAllWindowFunction",
    "ProcessWindowFunction",
    "WindowFunction",
]

IN = TypeVar("IN")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")
W = TypeVar("W")
W2 = TypeVar("W2")


class WindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Evaluates a window of a keyed stream."""

    @abstractmethod
    def apply(self, key: KEY, window: W, inputs: Iterable[IN]) -> Iterable[OUT]:
        """Yield or return the results of one key and window."""


class AllWindowFunction(Function, Generic[IN, OUT, W]):
    """Evaluates a window over all rows of a stream."""

    @abstractmethod
    def apply(self, window: W, inputs: Iterable[IN]) -> Iterable[OUT]:
        """Yield or return the results of one window."""


class ProcessWindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Evaluates a window of a keyed stream, with the window, the clocks and state at hand."""

    class Context(ABC, Generic[W2]):
        """What `process` and `clear` can ask. Valid during the call only."""

        @abstractmethod
        def window(self) -> W2:
            """Return the window."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Return the wall clock in ms."""

        @abstractmethod
        def current_watermark(self) -> int:
            """Return the watermark in ms."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """Return the state of this key and window; forget it in `clear`."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """Return the state of this key, shared by its windows."""

    @abstractmethod
    def process(
        self, key: KEY, context: ProcessWindowFunction.Context[Any], elements: Iterable[IN]
    ) -> Iterable[OUT]:
        """Yield or return the results of one key and window; called at each firing."""

    def clear(self, context: ProcessWindowFunction.Context[Any]) -> None:
        """Forget what `window_state` keeps; called when the window is over."""


class ProcessAllWindowFunction(Function, Generic[IN, OUT, W]):
    """Evaluates a window over all rows of a stream, with the window and state at hand."""

    class Context(ABC, Generic[W2]):
        """What `process` and `clear` can ask. Valid during the call only."""

        @abstractmethod
        def window(self) -> W2:
            """Return the window."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """Return the state of this window; forget it in `clear`."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """Return the state shared by all windows."""

    @abstractmethod
    def process(
        self, context: ProcessAllWindowFunction.Context[Any], elements: Iterable[IN]
    ) -> Iterable[OUT]:
        """Yield or return the results of one window; called at each firing."""

    def clear(self, context: ProcessAllWindowFunction.Context[Any]) -> None:
        """Forget what `window_state` keeps; called when the window is over."""


class PassThroughWindowFunction(WindowFunction[IN, IN, KEY, W]):
    """Gives out the contents of the window as they are."""

    def apply(self, key: KEY, window: W, inputs: Iterable[IN]) -> Iterable[IN]:
        """Yield the contents."""
        yield from inputs


class PassThroughAllWindowFunction(AllWindowFunction[IN, IN, W]):
    """Gives out the contents of the window as they are."""

    def apply(self, window: W, inputs: Iterable[IN]) -> Iterable[IN]:
        """Yield the contents."""
        yield from inputs
