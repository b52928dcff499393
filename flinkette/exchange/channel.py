"""The path of elements from one subtask to one other subtask."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flinkette.exchange.element import Element

__all__ = ["Channel", "LocalChannel"]


class Channel(ABC):
    """Single producer, single consumer, bounded. Neither side ever waits."""

    @abstractmethod
    def has_room(self) -> bool:
        """Tell the producer whether `put` may be called."""

    @abstractmethod
    def put(self, element: Element) -> None:
        """Append an element. Only when `has_room`."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Tell the consumer whether `poll` would return None."""

    @abstractmethod
    def poll(self) -> Element | None:
        """Take the oldest element, or None."""


class LocalChannel(Channel):
    """A queue between two subtasks of one worker; both run in the same thread."""

    def __init__(self, capacity: int = 4) -> None:
        self._elements: deque[Element] = deque()
        self._capacity = capacity

    def has_room(self) -> bool:
        return len(self._elements) < self._capacity

    def put(self, element: Element) -> None:
        self._elements.append(element)

    def is_empty(self) -> bool:
        return not self._elements

    def poll(self) -> Element | None:
        return self._elements.popleft() if self._elements else None
