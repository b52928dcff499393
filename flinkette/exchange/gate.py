"""The receiving end of a subtask: merges its channels into one sequence of elements."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette.exchange.element import EndOfInput, InputBatch, StatusChange, Watermark
from flinkette.exchange.watermark_merge import ConnectedWatermarkMerge, WatermarkMerge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.exchange.channel import Receiver
    from flinkette.exchange.element import Arrival, Element

__all__ = ["Gate"]


class Gate:
    """Takes elements from several channels in turn; order within a channel is kept.

    `input_of_channel` is given to operators with two inputs: their batches come as `InputBatch`.
    """

    def __init__(
        self, channels: Sequence[Receiver], input_of_channel: Sequence[int] | None = None
    ) -> None:
        self._channels = channels
        self._input_of_channel = input_of_channel
        is_single = len(channels) == 1 and input_of_channel is None
        self.only_channel = channels[0] if is_single else None
        """The only channel of the only input, if there is but one."""
        self._merge: WatermarkMerge | ConnectedWatermarkMerge = (
            WatermarkMerge(len(channels))
            if input_of_channel is None
            else ConnectedWatermarkMerge(input_of_channel)
        )
        self._ready: deque[Arrival] = deque()
        self._next = 0
        self._has_ended = False

    @property
    def receivers(self) -> Sequence[Receiver]:
        """The ends of its channels."""
        return self._channels

    @property
    def watermark_ms(self) -> int:
        """The merged watermark."""
        return self._merge.current_ms

    def lowest_channel(self) -> int | None:
        """Index of the channel that holds the watermark back, None if none is active."""
        return self._merge.lowest_input()

    def has_waiting(self) -> bool:
        """Tell whether `poll` would return something."""
        return bool(self._ready) or not all(channel.is_empty() for channel in self._channels)

    def poll(self) -> Arrival | None:
        """Take the next element, or None when every channel is empty."""
        if self.only_channel is not None and not self._ready:
            element = self.only_channel.poll()
            if isinstance(element, Batch):
                return element if element.marks is None else self._merge_marks(0, element)
            if element is None:
                return None
            self._accept(0, element)
        while not self._ready:
            if not self._poll_channels():
                return None
        return self._ready.popleft()

    def _poll_channels(self) -> bool:
        count = len(self._channels)
        for turn in range(count):
            index = (self._next + turn) % count
            element = self._channels[index].poll()
            if element is not None:
                self._next = (index + 1) % count
                self._accept(index, element)
                return True
        return False

    def _accept(self, index: int, element: Element) -> None:
        if isinstance(element, Batch):
            batch = self._merge_marks(index, element)
            if self._input_of_channel is None:
                self._ready.append(batch)
            else:
                self._ready.append(InputBatch(batch, self._input_of_channel[index]))
        elif isinstance(element, Watermark):
            self._ready.extend(self._merge.on_watermark(index, element.time_ms))
        elif isinstance(element, StatusChange):
            self._ready.extend(self._merge.on_status(index, is_idle=element.is_idle))
        else:
            self._ready.extend(self._merge.on_end(index))
            if self._merge.is_ended and not self._has_ended:
                self._has_ended = True
                self._ready.append(EndOfInput())

    def _merge_marks(self, index: int, batch: Batch) -> Batch:
        """Keep the marks at which the merged watermark moves."""
        marks = batch.marks
        if marks is None:
            return batch
        kept = self._merge.on_marks(index, marks)
        return batch if kept is marks else batch.with_marks(kept)
