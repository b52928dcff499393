"""The sending end of an edge: chooses the channels of each row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.keys import hash_keys, owners
from flinkette._native.partition import round_robin, scatter
from flinkette.exchange.element import EndOfInput, Watermark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flinkette._native.partition import Parts
    from flinkette.exchange.channel import Sender
    from flinkette.exchange.combining import Combining
    from flinkette.exchange.element import Element
    from flinkette.exchange.gathering import Gathering

__all__ = ["EdgeWriter", "Router"]


class Router(ABC):
    """Splits batches over receivers. Keeps every row; order per receiver is row order."""

    @abstractmethod
    def route(self, batch: Batch) -> list[tuple[int, Element]]:
        """Return (receiver, element) pairs, at most one per receiver.

        A receiver that gets no row still gets the last of the batch's marks, as a watermark.
        """


def route_parts(batch: Batch, parts: Parts, receivers: Iterable[int]) -> list[tuple[int, Element]]:
    """Give each receiver its rows with the marks among them."""
    routed: list[tuple[int, Element]] = []
    for receiver, part in zip(receivers, parts.split(batch), strict=True):
        if part is not None:
            routed.append((receiver, part))
        elif batch.marks is not None:
            routed.append((receiver, Watermark(batch.marks.last_time)))
    return routed


class SingleRouter(Router):
    """Everything to one receiver: FORWARD, GLOBAL, and any exchange with one receiver."""

    def __init__(self, receiver: int) -> None:
        self._receiver = receiver

    def route(self, batch: Batch) -> list[tuple[int, Element]]:
        return [(self._receiver, batch)]


class RoundRobinRouter(Router):
    """Row by row in turn over some of the receivers: REBALANCE (all), RESCALE (the local group)."""

    def __init__(self, receivers: Sequence[int], start: int) -> None:
        self._receivers = receivers
        self._next = start % len(receivers)

    def route(self, batch: Batch) -> list[tuple[int, Element]]:
        parts = round_robin(batch.num_rows, len(self._receivers), self._next)
        self._next = (self._next + batch.num_rows) % len(self._receivers)
        return route_parts(batch, parts, self._receivers)


class BroadcastRouter(Router):
    """Every row to every receiver; each gets its own copy of mutable values."""

    def __init__(self, num_receivers: int, copy: Callable[[Batch], Batch]) -> None:
        self._num_receivers = num_receivers
        self._copy = copy

    def route(self, batch: Batch) -> list[tuple[int, Element]]:
        copies = [(receiver, self._copy(batch)) for receiver in range(1, self._num_receivers)]
        return [(0, batch), *copies]


class HashRouter(Router):
    """By key group: the subtask that owns the key's group gets the row."""

    def __init__(
        self,
        num_receivers: int,
        max_parallelism: int,
        explain: Callable[[Batch, Exception], Exception] | None = None,
    ) -> None:
        self._num_receivers = num_receivers
        self._max_parallelism = max_parallelism
        self._explain = explain

    def route(self, batch: Batch) -> list[tuple[int, Element]]:
        batch = self.hashed(batch)
        if self._num_receivers == 1:
            return [(0, batch)]
        assert batch.hashes is not None
        owner = owners(batch.hashes, self._max_parallelism, self._num_receivers)
        parts = scatter(owner, self._num_receivers)
        return route_parts(batch, parts, range(self._num_receivers))

    def hashed(self, batch: Batch) -> Batch:
        """Put the hashes of the keys beside them, where somebody needs them."""
        if self._num_receivers == 1 and isinstance(batch.keys, Column):
            # nothing to choose, and no key of a column can fail: the receiver hashes
            return batch
        try:
            return batch.with_keys(batch.keys, hash_keys(batch.keys))
        except Exception as error:
            if self._explain is None:
                raise
            raise self._explain(batch, error) from error


class IndexRouter(Router):
    """By a receiver index computed for each row: CUSTOM and SHUFFLE."""

    def __init__(self, num_receivers: int, choose: Callable[[Batch], Any]) -> None:
        self._num_receivers = num_receivers
        self._choose = choose

    def route(self, batch: Batch) -> list[tuple[int, Element]]:
        parts = scatter(self._choose(batch), self._num_receivers)
        return route_parts(batch, parts, range(self._num_receivers))


class EdgeWriter:
    """Sends elements along one edge. `emit` never waits: what finds no room stays pending.

    `channels` are the receivers'; None for one that gets nothing from this sender. Receivers to
    whom time makes no difference (`carries_time` False) get no watermarks and no statuses. With a
    `gathering` small batches wait there for others, with a `combining` rows become fewer before.
    """

    def __init__(
        self,
        channels: Sequence[Sender | None],
        router: Router,
        *,
        carries_time: bool = True,
        gathering: Gathering | None = None,
        combining: Combining | None = None,
    ) -> None:
        self.carries_time = carries_time
        self._channels = {
            receiver: channel for receiver, channel in enumerate(channels) if channel is not None
        }
        self.router = router
        self._gathering = gathering
        self._combining = combining
        self._pending: deque[tuple[int, Element]] = deque()
        self._unfinished: set[int] = set()

    @property
    def only_channel(self) -> Sender | None:
        """The only channel, if there is but one."""
        channels = list(self._channels.values())
        return channels[0] if len(channels) == 1 else None

    @property
    def num_pending(self) -> int:
        """Elements that wait for room, whole or in part."""
        return len(self._pending) + len(self._unfinished)

    @property
    def gathers(self) -> bool:
        """Whether small batches may wait for others."""
        return self._gathering is not None

    def flush(self) -> bool:
        """Hand on what is pending; False when a receiver has no room."""
        if not self._pending and not self._unfinished:
            return True
        for receiver in tuple(self._unfinished):
            if self._channels[receiver].has_room():
                self._unfinished.discard(receiver)
        blocked: set[int] = set()
        for _ in range(len(self._pending)):
            each = self._pending.popleft()
            if each[0] in blocked or not self._put(*each):
                blocked.add(each[0])
                self._pending.append(each)
        return not self._pending and not self._unfinished

    def release(self, *, is_idle: bool) -> bool:
        """Hand on rows that have waited for others long enough; tell whether there were any."""
        gathering = self._gathering
        if gathering is None or not gathering.is_due(is_idle=is_idle) or not self.flush():
            return False
        self._send(gathering.take())
        return True

    def release_all(self) -> bool:
        """Hand on the rows that wait for others, whatever the rule says; tell whether any did."""
        if not self._gathering or not self.flush():
            return False
        self._send(self._gathering.take())
        return True

    def next_release_ns(self) -> int | None:
        """Return the time at which `release` of an idle worker has something to do, or None."""
        if self._gathering is None or self.num_pending:
            return None
        return self._gathering.due_ns(is_idle=True)

    def emit(self, element: Element) -> None:
        """Send a batch to its receivers, anything else to all. Only after `flush` returned True."""
        if not (self.carries_time or isinstance(element, (Batch, EndOfInput))):
            return
        if self._combining is None:
            self._gather(element)
        else:
            for each in self._combining.add(element):
                self._gather(each)

    def _gather(self, element: Element) -> None:
        if self._gathering is None:
            self._send(element)
        else:
            for ready in self._gathering.add(element):
                self._send(ready)

    def _send(self, element: Element) -> None:
        if isinstance(element, Batch):
            routed = self.router.route(element)
            if element.marks is not None and len(routed) < len(self._channels):
                routed += self._last_mark(element.marks.last_time, {each for each, _ in routed})
        else:
            routed = [(receiver, element) for receiver in self._channels]
        if self._pending:  # of an element just before
            self._pending.extend(routed)
            return
        for each in routed:
            if not self._put(*each):
                self._pending.append(each)

    def _last_mark(self, time_ms: int, served: set[int]) -> list[tuple[int, Element]]:
        """Tell the time to receivers that a router has left out."""
        if not self.carries_time:
            return []
        return [(each, Watermark(time_ms)) for each in self._channels if each not in served]

    def _put(self, receiver: int, element: Element) -> bool:
        """Give a receiver's channel an element; False when it has no room."""
        channel = self._channels[receiver]
        if not channel.has_room():
            return False
        channel.put(element)
        if channel.has_pending:
            self._unfinished.add(receiver)
        return True
