"""Timestamps and watermarks of a stream: extraction, one generator per split, emission."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette._native.fields import field_times, max_time
from flinkette._native.marks import mark_crossings
from flinkette._native.rows import RowProgram, Stage
from flinkette.contracts.output_tag import OutputTag
from flinkette.exchange.element import (
    MAX_WATERMARK_MS,
    MIN_WATERMARK_MS,
    Element,
    StatusChange,
    Watermark,
)
from flinkette.runtime.failures import NO_ROW, make_error, make_row_error

if TYPE_CHECKING:
    from flinkette._native.buffer import Int64Buffer
    from flinkette.contracts.watermark_strategy import WatermarkStrategy
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["WatermarkStage", "has_deadlines"]


def has_deadlines(strategy: WatermarkStrategy) -> bool:
    """Tell whether a strategy may have something to do at some processing time."""
    return strategy.idleness_ms is not None or not isinstance(strategy.timestamp_assigner, str)


SPLIT_NAME_LIMIT = 80
"""Characters of a split's name that reports carry: the end of a path says most."""


class WatermarkStage:
    """Gives rows their event time and the stream its watermarks. Slot thread only.

    A strategy whose timestamps come from a named field (flinkette's extension) emits where the
    largest event time crosses a multiple of `pipeline.auto-watermark-interval`, whatever the
    batches; any other emits on the processing clock every interval, as Flink does.
    """

    def __init__(
        self, strategy: WatermarkStrategy, info: OperatorInfo, context: SubtaskContext
    ) -> None:
        self._info = info
        self._clock = context.clock
        self._max_rows = context.batch_rows
        self._interval_ms = context.watermark_interval_ms
        self._period_ms = max(1, self._interval_ms)
        self._bound_ms = None if context.is_batch else strategy.max_out_of_orderness_ms
        self._idle_after_ms = strategy.idleness_ms
        assigner = strategy.timestamp_assigner
        self._field = assigner if isinstance(assigner, str) else None
        self._program: RowProgram | None = None
        if assigner is not None and not isinstance(assigner, str):
            self._program = RowProgram(
                [Stage("timestamp", assigner.extract_timestamp, info=info)],
                keys=None,
                now_ms=context.clock.now_ms,
                tag_class=OutputTag,
                make_error=make_error,
                make_row_error=make_row_error,
            )
        self._max_ms: dict[str, int] = {}
        self._split = ""
        self._announced_ms = MIN_WATERMARK_MS
        self._pieces: deque[Element] = deque()
        self._is_extracting = False
        now = context.clock.now_ms()
        self._next_emit_ms = now + self._interval_ms
        # an interval of 0 means no watermark before the end, as in Flink
        self._emits_on_clock = (
            self._field is None and self._bound_ms is not None and self._interval_ms > 0
        )
        self._last_row_ms = now
        self._is_idle = False

    @property
    def is_busy(self) -> bool:
        """Whether `step` has something to do."""
        return self._is_extracting or bool(self._pieces)

    @property
    def watermark_ms(self) -> int | None:
        """The watermark announced last; None if the strategy makes none."""
        return None if self._bound_ms is None else self._announced_ms

    def slowest_split(self) -> str:
        """Say which split holds the watermark back; nothing if there is no choice."""
        if self._bound_ms is None or not self._max_ms:
            return ""
        split = min(self._max_ms, key=self._max_ms.__getitem__)
        if self._max_ms[split] == MIN_WATERMARK_MS:
            return f"split {split[-SPLIT_NAME_LIMIT:]}, which gave no row with a time so far"
        return f"split {split[-SPLIT_NAME_LIMIT:]}" if len(self._max_ms) > 1 else ""

    def add_split(self, split: str) -> None:
        """Start a generator for a split; it holds the watermark back until it has delivered."""
        self._max_ms.setdefault(split, MIN_WATERMARK_MS)

    def end_split(self, split: str) -> list[Element]:
        """Forget a split that ended; the others may advance the watermark."""
        self._max_ms.pop(split, None)
        return self._advance() if self._field is not None else []

    def take(self, batch: Batch, split: str = "") -> Batch | None:
        """Take rows of one split; return them with times and marks, None if `step` does."""
        self._split = split
        if self._idle_after_ms is not None:
            self._last_row_ms = self._clock.now_ms()
            if self._is_idle:
                self._is_idle = False
                self._pieces.append(StatusChange(is_idle=False))
        if self._program is not None:
            self._max_ms.setdefault(split, MIN_WATERMARK_MS)
            self._program.load(batch if batch.marks is None else batch.with_marks(None))
            self._is_extracting = True
            return None
        timed = self._timed(batch) if self._field is None else self._marked(batch, self._field)
        if not self._pieces:
            return timed
        self._pieces.append(timed)
        return None

    def step(self, deadline_ns: int) -> Element | None:
        """Go on; return the next element that is ready."""
        if self._is_extracting and not self._pieces and self._program is not None:
            self._is_extracting = self._program.run(deadline_ns, self._max_rows) != 0
            batch = self._program.take()
            if batch is not None:
                self._observe(batch.times)
                self._pieces.append(batch)
        return self._pieces.popleft() if self._pieces else None

    def next_deadline_ms(self) -> int | None:
        """Return the processing time at which `on_time` has something to do, or None."""
        if self._emits_on_clock:
            return self._next_emit_ms
        if self._idle_after_ms is not None and not self._is_idle:
            return self._last_row_ms + self._idle_after_ms
        return None

    def on_time(self, now_ms: int, *, has_input: bool) -> list[Element]:
        """Do what is due at `now_ms`; `has_input` tells whether rows wait to be read."""
        made: list[Element] = []
        if self._emits_on_clock and now_ms >= self._next_emit_ms:
            self._next_emit_ms = now_ms + self._interval_ms
            made += self._advance()
        if (
            self._idle_after_ms is not None
            and not self._is_idle
            and not has_input
            and now_ms >= self._last_row_ms + self._idle_after_ms
        ):
            self._is_idle = True
            made.append(StatusChange(is_idle=True))
        return made

    def _timed(self, batch: Batch) -> Batch:
        """Take note of the event times that rows have already."""
        self._max_ms.setdefault(self._split, MIN_WATERMARK_MS)
        self._observe(batch.times)
        return batch if batch.marks is None else batch.with_marks(None)

    def _observe(self, times: Int64Buffer | None) -> None:
        if times is not None:
            self._max_ms[self._split] = max_time(times, self._max_ms[self._split])

    def _marked(self, batch: Batch, field: str) -> Batch:
        """Mark where the watermark moves, as far as the other splits let it."""
        try:
            if batch.columns is not None:
                times = batch.column(field).times_ms()
            else:
                times = field_times(batch.objects(), field)
        except Exception as error:
            raise make_error(self._info, error, NO_ROW, None, None) from error
        if self._bound_ms is None:
            return batch.with_event_times(times, None)
        reached = self._max_ms
        marks, reached[self._split] = mark_crossings(
            times, reached.get(self._split, MIN_WATERMARK_MS), self._period_ms, self._bound_ms
        )
        if marks is not None:
            limit_ms = MAX_WATERMARK_MS if len(reached) == 1 else self._limit_ms()
            marks = marks.clipped(limit_ms, self._announced_ms)
            if marks is not None:
                self._announced_ms = marks.last_time
        return batch.with_event_times(times, marks)

    def _limit_ms(self) -> int:
        """How far the other splits let the watermark move."""
        others = [reached for split, reached in self._max_ms.items() if split != self._split]
        return self._watermark_at(min(others))

    def _watermark_at(self, max_ms: int) -> int:
        """Return the watermark once the largest event time is `max_ms`."""
        assert self._bound_ms is not None
        if max_ms == MIN_WATERMARK_MS:
            return MIN_WATERMARK_MS
        return max(max_ms - self._bound_ms - 1, MIN_WATERMARK_MS + 1)

    def _advance(self) -> list[Element]:
        """Announce the watermark if the slowest split lets it move."""
        if self._bound_ms is None or not self._max_ms:
            return []
        watermark = self._watermark_at(min(self._max_ms.values()))
        if watermark <= self._announced_ms:
            return []
        self._announced_ms = watermark
        return [Watermark(watermark)]
