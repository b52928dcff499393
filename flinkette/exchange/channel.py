"""The path of elements from one subtask to one other subtask, and its two ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flinkette.exchange.element import Element

__all__ = ["LocalChannel", "Receiver", "Sender"]


class Sender(ABC):
    """The producer's end of a channel: bounded, never waits."""

    @property
    def sent_bytes(self) -> int:
        """Bytes of the frames it wrote; 0 where elements travel as they are."""
        return 0

    @abstractmethod
    def has_room(self) -> bool:
        """Move on what `put` could not place at once; True: `put` may be called."""

    @abstractmethod
    def put(self, element: Element) -> None:
        """Append an element. Only when `has_room`."""

    @property
    @abstractmethod
    def has_pending(self) -> bool:
        """Whether a part of the last element waits for room, which `has_room` moves on."""

    @abstractmethod
    def fall_asleep(self) -> bool:
        """Before parking: ask to be woken when there is room; False: there is room now.

        Only after `has_room` said no; an end that nobody waits for is not asked.
        """

    @abstractmethod
    def wake_up(self) -> None:
        """After parking: take back what `fall_asleep` asked for."""

    @abstractmethod
    def close(self) -> None:
        """Give up this end. A receiver that has not got `EndOfInput` by then sees an error."""


class Receiver(ABC):
    """The consumer's end of a channel: never waits."""

    @property
    def received_bytes(self) -> int:
        """Bytes of the frames it read; 0 where elements travel as they are."""
        return 0

    @abstractmethod
    def is_empty(self) -> bool:
        """Tell whether `poll` would return None."""

    @abstractmethod
    def poll(self) -> Element | None:
        """Take the oldest element, or None."""

    @abstractmethod
    def fall_asleep(self) -> bool:
        """Before parking: ask to be woken when something comes; False: something is there."""

    @abstractmethod
    def wake_up(self) -> None:
        """After parking: take back what `fall_asleep` asked for."""

    @abstractmethod
    def close(self) -> None:
        """Give up this end; what was not polled is dropped."""


class LocalChannel(Sender, Receiver):
    """A queue between two subtasks of one worker: both ends in one object, run by one thread.

    Nothing comes or goes while that thread is parked, so neither end ever has to be woken.
    """

    def __init__(self, capacity: int = 4) -> None:
        self._elements: deque[Element] = deque()
        self._capacity = capacity

    def has_room(self) -> bool:
        return len(self._elements) < self._capacity

    def put(self, element: Element) -> None:
        self._elements.append(element)

    @property
    def has_pending(self) -> bool:
        return False

    def is_empty(self) -> bool:
        return not self._elements

    def poll(self) -> Element | None:
        return self._elements.popleft() if self._elements else None

    def fall_asleep(self) -> bool:
        return True

    def wake_up(self) -> None:
        pass

    def close(self) -> None:
        pass
