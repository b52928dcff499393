"""Merging the watermarks of several inputs into one: pure state, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.exchange.element import (
    MAX_WATERMARK_MS,
    MIN_WATERMARK_MS,
    Element,
    StatusChange,
    Watermark,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette._native.marks import Marks

__all__ = ["ConnectedWatermarkMerge", "WatermarkMerge"]


class _AnnouncedWatermark:
    """The watermark that a merge has announced; it never goes back."""

    _announced_ms = MIN_WATERMARK_MS

    @property
    def current_ms(self) -> int:
        """The watermark announced last."""
        return self._announced_ms

    def _advance_to(self, time_ms: int) -> list[Element]:
        if time_ms <= self._announced_ms:
            return []
        self._announced_ms = time_ms
        return [Watermark(time_ms)]


class WatermarkMerge(_AnnouncedWatermark):
    """Minimum over the active inputs; idle inputs do not count (Flink's status watermark valve).

    An input that becomes active again counts only once it has caught up with what was already
    announced, so the merged watermark never goes back.
    """

    def __init__(self, num_inputs: int) -> None:
        self._watermarks_ms = [MIN_WATERMARK_MS] * num_inputs
        self._is_idle = [False] * num_inputs
        self._is_ended = [False] * num_inputs
        self._announced_idle = False

    @property
    def is_ended(self) -> bool:
        """Whether every input has ended."""
        return all(self._is_ended)

    def lowest_input(self) -> int | None:
        """Index of the active input that holds the watermark back, or None."""
        active = self._active()
        return min(active, key=self._watermarks_ms.__getitem__) if active else None

    def on_watermark(self, index: int, time_ms: int) -> list[Element]:
        """Take an input's watermark, unless it is idle; return what to announce."""
        if self._is_idle[index]:
            return []
        self._watermarks_ms[index] = max(self._watermarks_ms[index], time_ms)
        return self._announce()

    def on_status(self, index: int, *, is_idle: bool) -> list[Element]:
        """Take an input's status; return what to announce."""
        self._is_idle[index] = is_idle
        return self._announce()

    def on_end(self, index: int) -> list[Element]:
        """Take the end of an input; it never holds the others back again."""
        self._is_ended[index] = True
        self._is_idle[index] = False
        self._watermarks_ms[index] = MAX_WATERMARK_MS
        return self._announce()

    def on_marks(self, index: int, marks: Marks) -> Marks | None:
        """Take the marks of a batch of an input; return those at which the merged watermark moves.

        They are as good as announced: the batch carries them on.
        """
        kept = marks.clipped(self._limit_for(index), self._announced_ms)
        self._watermarks_ms[index] = max(self._watermarks_ms[index], marks.last_time)
        if kept is not None:
            self._announced_ms = kept.last_time
        return kept

    def _limit_for(self, index: int) -> int:
        """How far the merged watermark may follow input `index` while the others stand still."""
        if len(self._watermarks_ms) == 1:
            return MAX_WATERMARK_MS
        others = [
            self._watermarks_ms[other]
            for other in self._active()
            if other != index and self._watermarks_ms[other] >= self._announced_ms
        ]
        return min(others, default=MAX_WATERMARK_MS)

    def _active(self) -> list[int]:
        return [
            index
            for index, is_idle in enumerate(self._is_idle)
            if not is_idle and not self._is_ended[index]
        ]

    def _announce(self) -> list[Element]:
        if self.is_ended:
            return self._advance_to(min(self._watermarks_ms))
        active = self._active()
        if not active:
            # every live input is idle: what they reached together still counts
            reached = self._advance_to(
                max(
                    watermark
                    for watermark, is_ended in zip(self._watermarks_ms, self._is_ended, strict=True)
                    if not is_ended
                )
            )
            if not self._announced_idle:
                self._announced_idle = True
                reached.append(StatusChange(is_idle=True))
            return reached
        announced: list[Element] = []
        if self._announced_idle:
            self._announced_idle = False
            announced.append(StatusChange(is_idle=False))
        aligned = [index for index in active if self._watermarks_ms[index] >= self._announced_ms]
        if aligned:
            announced += self._advance_to(min(self._watermarks_ms[index] for index in aligned))
        return announced


class ConnectedWatermarkMerge(_AnnouncedWatermark):
    """Merges the channels of each of two inputs, then takes the minimum of the inputs.

    Flink merges twice, and so does this. Between channels of one input, one that was idle and lags
    behind is left out until it has caught up; between inputs it holds the watermark where it is,
    so that the rows it still brings are as little late as they can be. Both inputs idle: nothing
    moves.
    """

    def __init__(self, input_of_channel: Sequence[int]) -> None:
        self._input_of = input_of_channel
        self._channels_of = [
            [channel for channel, each in enumerate(input_of_channel) if each == index]
            for index in range(2)
        ]
        self._position_of = [
            self._channels_of[index].index(channel)
            for channel, index in enumerate(input_of_channel)
        ]
        self._inputs = [WatermarkMerge(len(channels)) for channels in self._channels_of]
        self._watermarks_ms = [MIN_WATERMARK_MS] * 2
        self._is_idle = [False, False]
        self._announced_idle = False

    @property
    def is_ended(self) -> bool:
        """Whether every channel of both inputs has ended."""
        return all(each.is_ended for each in self._inputs)

    def lowest_input(self) -> int | None:
        """Index of the active channel that holds the watermark back, or None."""
        active = self._active()
        if not active:
            return None
        index = min(active, key=self._watermarks_ms.__getitem__)
        lowest = self._inputs[index].lowest_input()
        return None if lowest is None else self._channels_of[index][lowest]

    def on_watermark(self, channel: int, time_ms: int) -> list[Element]:
        """Take a channel's watermark; return what to announce."""
        index, position = self._place(channel)
        return self._follow(index, self._inputs[index].on_watermark(position, time_ms))

    def on_status(self, channel: int, *, is_idle: bool) -> list[Element]:
        """Take a channel's status; return what to announce."""
        index, position = self._place(channel)
        return self._follow(index, self._inputs[index].on_status(position, is_idle=is_idle))

    def on_end(self, channel: int) -> list[Element]:
        """Take the end of a channel; return what to announce."""
        index, position = self._place(channel)
        return self._follow(index, self._inputs[index].on_end(position))

    def on_marks(self, channel: int, marks: Marks) -> Marks | None:
        """Take the marks of a batch; return those at which the merged watermark moves."""
        index, position = self._place(channel)
        moved = self._inputs[index].on_marks(position, marks)
        if moved is None:
            return None
        self._watermarks_ms[index] = moved.last_time
        kept = moved.clipped(self._limit_for(index), self._announced_ms)
        if kept is not None:
            self._announced_ms = kept.last_time
        return kept

    def _place(self, channel: int) -> tuple[int, int]:
        return self._input_of[channel], self._position_of[channel]

    def _active(self) -> list[int]:
        return [
            index
            for index, each in enumerate(self._inputs)
            if not self._is_idle[index] and not each.is_ended
        ]

    def _limit_for(self, index: int) -> int:
        """How far the watermark may follow one input while the other stands still."""
        other = 1 - index
        return self._watermarks_ms[other] if other in self._active() else MAX_WATERMARK_MS

    def _follow(self, index: int, moves: list[Element]) -> list[Element]:
        """Take what the channels of one input say together; return what both inputs do."""
        announced: list[Element] = []
        for move in moves:
            if isinstance(move, Watermark):
                self._watermarks_ms[index] = move.time_ms
            elif isinstance(move, StatusChange):
                self._is_idle[index] = move.is_idle
            announced += self._announce()
        if self._inputs[index].is_ended:
            announced += self._announce()
        return announced

    def _announce(self) -> list[Element]:
        if self.is_ended:
            return self._advance_to(MAX_WATERMARK_MS)
        active = self._active()
        announced: list[Element] = []
        if bool(active) == self._announced_idle:
            self._announced_idle = not active
            announced.append(StatusChange(is_idle=not active))
        if active:
            announced += self._advance_to(min(self._watermarks_ms[each] for each in active))
        return announced
