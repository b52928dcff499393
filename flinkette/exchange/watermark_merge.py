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
    from flinkette._native.marks import Marks

__all__ = ["WatermarkMerge"]


class WatermarkMerge:
    """Minimum over the active inputs; idle inputs do not count (Flink's status watermark valve).

    An input that becomes active again counts only once it has caught up with what was already
    announced, so the merged watermark never goes back.
    """

    def __init__(self, num_inputs: int) -> None:
        self._watermarks_ms = [MIN_WATERMARK_MS] * num_inputs
        self._is_idle = [False] * num_inputs
        self._is_ended = [False] * num_inputs
        self._announced_ms = MIN_WATERMARK_MS
        self._announced_idle = False

    @property
    def current_ms(self) -> int:
        """The watermark announced last."""
        return self._announced_ms

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

    def _advance_to(self, time_ms: int) -> list[Element]:
        if time_ms <= self._announced_ms:
            return []
        self._announced_ms = time_ms
        return [Watermark(time_ms)]
