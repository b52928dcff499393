"""User functions with a context: on plain, keyed, connected and broadcast streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.row_functions import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.contracts.runtime_context import TimeDomain, TimerService
    from flinkette.contracts.state import (
        BroadcastState,
        MapStateDescriptor,
        ReadOnlyBroadcastState,
    )

__all__ = [
    "BaseBroadcastProcessFunction",
    "BroadcastProcessFunction",
    "CoProcessFunction",
    "KeyedBroadcastProcessFunction",
    "KeyedCoProcessFunction",
    "KeyedProcessFunction",
    "ProcessFunction",
]

IN1 = TypeVar("IN1")
IN2 = TypeVar("IN2")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")


class _TimedContext(ABC):
    """What every process function can ask about the row at hand."""

    @abstractmethod
    def timer_service(self) -> TimerService:
        """Return the clocks and timers."""

    @abstractmethod
    def timestamp(self) -> int:
        """Return the event time of the row, or the time of the timer, in ms; None without one."""


class _KeyedContext(_TimedContext):
    """The same on a keyed stream."""

    @abstractmethod
    def get_current_key(self) -> Any:
        """Return the key of the row or timer."""


class _KeyedTimerContext(_KeyedContext):
    """The same while a timer fires."""

    @abstractmethod
    def time_domain(self) -> TimeDomain:
        """Return the clock of the timer."""


class ProcessFunction(Function):
    """Makes any number of values of one value, with its event time at hand.

    A value goes to a side output as `yield tag, value`.
    """

    class Context(_TimedContext):
        """What `process_element` can ask about its row. Valid during the call only."""

    @abstractmethod
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterable[Any] | None:
        """Yield or return the values that take the place of `value`."""


class KeyedProcessFunction(Function):
    """Makes any number of values of one value, with state and timers of its key."""

    class Context(_KeyedContext):
        """What `process_element` can ask about its row. Valid during the call only."""

    class OnTimerContext(Context, _KeyedTimerContext):
        """What `on_timer` can ask about its timer. Valid during the call only."""

    @abstractmethod
    def process_element(
        self, value: Any, ctx: KeyedProcessFunction.Context
    ) -> Iterable[Any] | None:
        """Yield or return the values that take the place of `value`."""

    def on_timer(
        self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext
    ) -> Iterable[Any] | None:
        """Yield or return values when a timer of the key fires at `timestamp` (ms)."""
        return None


class CoProcessFunction(Function):
    """Makes any number of values of one value, for two connected streams."""

    class Context(_TimedContext):
        """What the methods can ask about their row. Valid during the call only."""

    @abstractmethod
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterable[Any] | None:
        """Yield or return the values for a value of the first stream."""

    @abstractmethod
    def process_element2(self, value: Any, ctx: CoProcessFunction.Context) -> Iterable[Any] | None:
        """Yield or return the values for a value of the second stream."""


class KeyedCoProcessFunction(Function):
    """Works on two connected streams with state and timers of the key they share."""

    class Context(_KeyedContext):
        """What the methods can ask about their row. Valid during the call only."""

    class OnTimerContext(Context, _KeyedTimerContext):
        """What `on_timer` can ask about its timer. Valid during the call only."""

    @abstractmethod
    def process_element1(
        self, value: Any, ctx: KeyedCoProcessFunction.Context
    ) -> Iterable[Any] | None:
        """Yield or return the values for a value of the first stream."""

    @abstractmethod
    def process_element2(
        self, value: Any, ctx: KeyedCoProcessFunction.Context
    ) -> Iterable[Any] | None:
        """Yield or return the values for a value of the second stream."""

    def on_timer(
        self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext
    ) -> Iterable[Any] | None:
        """Yield or return values when a timer of the key fires at `timestamp` (ms)."""
        return None


class BaseBroadcastProcessFunction(Function):
    """Base of the functions that connect a stream with a broadcast one."""

    class BaseContext(ABC):
        """What both sides of a broadcast can ask about the row at hand."""

        @abstractmethod
        def timestamp(self) -> int:
            """Return the event time of the row in ms; None without one."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Return the wall clock in ms."""

        @abstractmethod
        def current_watermark(self) -> int:
            """Return the watermark in ms."""

    class Context(BaseContext):
        """The broadcast side: may change the broadcast state."""

        @abstractmethod
        def get_broadcast_state(
            self, state_descriptor: MapStateDescriptor
        ) -> BroadcastState[Any, Any]:
            """Return the broadcast state of a descriptor."""

    class ReadOnlyContext(BaseContext):
        """The other side: may read the broadcast state."""

        @abstractmethod
        def get_broadcast_state(
            self, state_descriptor: MapStateDescriptor
        ) -> ReadOnlyBroadcastState[Any, Any]:
            """Return the broadcast state of a descriptor."""


class BroadcastProcessFunction(BaseBroadcastProcessFunction, Generic[IN1, IN2, OUT]):
    """Connects a stream without key with a broadcast one."""

    class Context(BaseBroadcastProcessFunction.Context):
        """What `process_broadcast_element` can ask about its row."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext):
        """What `process_element` can ask about its row."""

    @abstractmethod
    def process_element(
        self, value: IN1, ctx: BroadcastProcessFunction.ReadOnlyContext
    ) -> Iterable[OUT] | None:
        """Yield or return the values for a value of the stream without broadcast."""

    @abstractmethod
    def process_broadcast_element(
        self, value: IN2, ctx: BroadcastProcessFunction.Context
    ) -> Iterable[OUT] | None:
        """Take a value of the broadcast stream; every instance is given every value."""


class KeyedBroadcastProcessFunction(BaseBroadcastProcessFunction, Generic[KEY, IN1, IN2, OUT]):
    """Connects a keyed stream with a broadcast one."""

    class Context(BaseBroadcastProcessFunction.Context):
        """What `process_broadcast_element` can ask about its row."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext):
        """What `process_element` can ask about its row."""

        @abstractmethod
        def get_current_key(self) -> Any:
            """Return the key of the row."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Return the clocks and timers."""

    class OnTimerContext(ReadOnlyContext):
        """What `on_timer` can ask about its timer."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Return the clock of the timer."""

    @abstractmethod
    def process_element(
        self, value: IN1, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext
    ) -> Iterable[OUT] | None:
        """Yield or return the values for a value of the keyed stream."""

    @abstractmethod
    def process_broadcast_element(
        self, value: IN2, ctx: KeyedBroadcastProcessFunction.Context
    ) -> Iterable[OUT] | None:
        """Take a value of the broadcast stream; every instance is given every value."""

    def on_timer(
        self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext
    ) -> Iterable[OUT] | None:
        """Yield or return values when a timer of the key fires at `timestamp` (ms)."""
        return None
