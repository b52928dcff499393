"""What a window is: `TimeWindow`, `CountWindow`, `GlobalWindow`, and their serialisers."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flinkette.contracts.serializer import TypeSerializer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import BytesIO

    from flinkette.contracts.assigners import MergingWindowAssigner

__all__ = [
    "MAX_TIMESTAMP",
    "MIN_TIMESTAMP",
    "CountWindow",
    "CountWindowSerializer",
    "GlobalWindow",
    "GlobalWindowSerializer",
    "TimeWindow",
    "TimeWindowSerializer",
    "Window",
]

MAX_TIMESTAMP = 2**63 - 1
"""The largest event time; the watermark at the end of a bounded input."""
MIN_TIMESTAMP = -(2**63)
"""Stands for "no event time"; the watermark before the first one."""


class Window(ABC):
    """A bucket of rows. Subclasses need `__eq__` and `__hash__`: equal windows are one window."""

    @abstractmethod
    def max_timestamp(self) -> int:
        """Return the largest event time (ms) that still belongs to the window."""


class TimeWindow(Window):
    """The rows from `start` up to, not including, `end`.

    Parameters
    ----------
    start : int
        First ms of the window.
    end : int
        First ms after the window.
    """

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def max_timestamp(self) -> int:
        """Return `end` - 1."""
        return self.end - 1

    def intersects(self, other: TimeWindow) -> bool:
        """Tell whether the windows share a ms or touch."""
        return self.start <= other.end and self.end >= other.start

    def cover(self, other: TimeWindow) -> TimeWindow:
        """Return the smallest window that holds both."""
        return TimeWindow(min(self.start, other.start), max(self.end, other.end))

    @staticmethod
    def get_window_start_with_offset(timestamp: int, offset: int, window_size: int) -> int:
        """Return the start of the window that `timestamp` falls into.

        Parameters
        ----------
        timestamp : int
            Event time in ms, negative before 1970.
        offset : int
            Windows start at multiples of `window_size` plus `offset` ms.
        window_size : int
            Length in ms, > 0.

        Examples
        --------
        >>> TimeWindow.get_window_start_with_offset(12, 5, 10)
        5
        """
        return timestamp - (timestamp - offset) % window_size

    @staticmethod
    def merge_windows(
        windows: Iterable[TimeWindow],
        callback: MergingWindowAssigner.MergeCallback[TimeWindow],
    ) -> None:
        """Tell `callback` which windows meet and what they become.

        Parameters
        ----------
        windows : iterable of TimeWindow
            In any order.
        callback : MergingWindowAssigner.MergeCallback
            Its `merge` is called once for each group of two or more windows that meet, in order
            of time, with the windows in order of start.
        """
        group: list[TimeWindow] = []
        whole: TimeWindow | None = None
        for window in sorted(set(windows), key=lambda each: (each.start, each.end)):
            if whole is not None and whole.intersects(window):
                whole = whole.cover(window)
                group.append(window)
                continue
            if whole is not None and len(group) > 1:
                callback.merge(group, whole)
            group, whole = [window], window
        if whole is not None and len(group) > 1:
            callback.merge(group, whole)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__ or not isinstance(other, TimeWindow):
            return NotImplemented
        return self.start == other.start and self.end == other.end

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __lt__(self, other: TimeWindow) -> bool:
        return (self.start, self.end) < (other.start, other.end)

    def __le__(self, other: TimeWindow) -> bool:
        return (self.start, self.end) <= (other.start, other.end)

    def __repr__(self) -> str:
        return f"TimeWindow(start={self.start}, end={self.end})"


class CountWindow(Window):
    """A run of rows of one key, numbered from 0.

    Parameters
    ----------
    id : int
        The number.
    """

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:
        self.id = id

    def max_timestamp(self) -> int:
        """Return the largest time: such a window never ends by time."""
        return MAX_TIMESTAMP

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CountWindow) and self.id == other.id

    def __hash__(self) -> int:
        return hash(("CountWindow", self.id))

    def __repr__(self) -> str:
        return f"CountWindow(id={self.id})"


class GlobalWindow(Window):
    """The one window that holds all rows of a key."""

    __slots__ = ()

    @staticmethod
    def get() -> GlobalWindow:
        """Return the window."""
        return GlobalWindow()

    def max_timestamp(self) -> int:
        """Return the largest time: the window never ends."""
        return MAX_TIMESTAMP

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GlobalWindow)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "GlobalWindow"


class _PackedSerializer(TypeSerializer[Any]):
    """Base of the window serialisers: big-endian 64-bit numbers, as Flink writes them."""

    _layout = struct.Struct("")

    def _read(self, stream: BytesIO) -> tuple[Any, ...]:
        return self._layout.unpack(stream.read(self._layout.size))


class TimeWindowSerializer(_PackedSerializer):
    """Writes a `TimeWindow` as start and end."""

    _layout = struct.Struct(">qq")

    def serialize(self, element: TimeWindow, stream: BytesIO) -> None:
        """Write `element` to `stream`."""
        stream.write(self._layout.pack(element.start, element.end))

    def deserialize(self, stream: BytesIO) -> TimeWindow:
        """Read a window from `stream`."""
        return TimeWindow(*self._read(stream))


class CountWindowSerializer(_PackedSerializer):
    """Writes a `CountWindow` as its number."""

    _layout = struct.Struct(">q")

    def serialize(self, element: CountWindow, stream: BytesIO) -> None:
        """Write `element` to `stream`."""
        stream.write(self._layout.pack(element.id))

    def deserialize(self, stream: BytesIO) -> CountWindow:
        """Read a window from `stream`."""
        return CountWindow(*self._read(stream))


class GlobalWindowSerializer(TypeSerializer[GlobalWindow]):
    """Writes a `GlobalWindow` as a byte of 0."""

    def serialize(self, element: GlobalWindow, stream: BytesIO) -> None:
        """Write a byte of 0 to `stream`."""
        stream.write(b"\0")

    def deserialize(self, stream: BytesIO) -> GlobalWindow:
        """Read a byte from `stream`."""
        stream.read(1)
        return GlobalWindow()
