"""The receiving end of a source subtask: splits, reader, event time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError, SourceError
from flinkette.contracts.source import ReaderContext
from flinkette.exchange.element import MAX_WATERMARK_MS, EndOfInput, StatusChange, Watermark
from flinkette.runtime.failures import ConnectorErrors
from flinkette.runtime.poll_size import PollSize
from flinkette.runtime.watermarks import WatermarkStage, has_deadlines

if TYPE_CHECKING:
    from flinkette.contracts.output_tag import OutputTag
    from flinkette.contracts.source import Fetched, Source, SplitReader
    from flinkette.contracts.watermark_strategy import WatermarkStrategy
    from flinkette.exchange.element import Element
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext
    from flinkette.runtime.splits import Splits

__all__ = ["SourceInput"]


class SourceInput:
    """Reads the splits that this subtask is given. Never blocks."""

    def __init__(
        self,
        source: Source,
        strategy: WatermarkStrategy | None,
        splits: Splits,
        info: OperatorInfo,
        context: SubtaskContext,
    ) -> None:
        self._splits = splits
        self._context = context
        timeout_ms = info.node.buffer_timeout_ms
        if timeout_ms is None:
            timeout_ms = context.buffer_timeout_ms
        self._size = PollSize(
            context.batch_rows, None if timeout_ms < 0 else max(1, timeout_ms) * 1_000_000
        )
        self._clock = context.clock
        self._info = info
        reader_context = ReaderContext(
            context.subtask_index, context.parallelism, context.clock.now_ms
        )
        self._errors = ConnectorErrors(info, SourceError)
        with self._errors:
            self._reader: SplitReader = source.create_reader(reader_context)
            self._max_splits = self._reader.max_splits
        self._stage = None if strategy is None else WatermarkStage(strategy, info, context)
        self.has_deadlines = strategy is not None and has_deadlines(strategy)
        self._ready: deque[Element] = deque()
        self._live_splits: set[str] = set()
        self._has_ended = False
        self._is_waiting_for_splits = False
        self._has_input = True
        self.has_moved = False
        """Whether the last `poll` read something, if only the end of a split."""
        self.rows = 0
        self.rejected: deque[list[object]] = deque()
        self._reject_tag: OutputTag | None = info.node.row_error.tag

    @property
    def has_ended(self) -> bool:
        """Whether the end of the input was handed out."""
        return self._has_ended

    @property
    def node_id(self) -> int:
        """Which transformation it reads for."""
        return self._info.node.node_id

    @property
    def watermark_ms(self) -> int | None:
        """The watermark announced last; None if the source makes none."""
        if self._has_ended:
            return MAX_WATERMARK_MS
        return None if self._stage is None else self._stage.watermark_ms

    @property
    def slowest_split(self) -> str:
        """Which split holds the watermark back, in words; nothing if none does."""
        return "" if self._stage is None or self._has_ended else self._stage.slowest_split()

    @property
    def reject_tag(self) -> OutputTag | None:
        """Side output for malformed input rows, if `on_row_error` named one."""
        return self._reject_tag

    def poll(self, deadline_ns: int) -> Element | None:
        """Take the next element, or None when there is nothing to read now, or nothing yet."""
        self.has_moved = False
        if self._ready:
            return self._ready.popleft()
        if self._has_ended:
            return None
        if self._stage is not None and self._stage.is_busy:
            return self._stage.step(deadline_ns)
        try:
            if len(self._live_splits) < self._max_splits:
                self._request_splits()
            if not self._live_splits:
                return self._without_splits()
            started_ns = self._clock.monotonic_ns()
            fetched = self._reader.poll(self._size.rows)
        except Exception as error:
            self._errors.explain(error)
            raise
        self._has_input = fetched is not None
        if fetched is None:
            return None
        self.has_moved = True
        batch = fetched.batch
        if batch is not None and batch.num_rows:
            self._size.on_poll(batch.num_rows, self._clock.monotonic_ns() - started_ns)
        return self._accept(fetched, deadline_ns)

    def has_waiting(self) -> bool:
        """Tell whether rows wait: the reader had some when it was last asked."""
        is_busy = self._stage is not None and self._stage.is_busy
        return not self._has_ended and (self._has_input or bool(self._ready) or is_busy)

    def next_deadline_ms(self) -> int | None:
        """Return the processing time at which `on_time` should be called, or None."""
        return None if self._stage is None else self._stage.next_deadline_ms()

    def on_time(self, now_ms: int) -> None:
        """Emit what is due on the processing clock."""
        if self._stage is not None:
            # idle needs evidence: the reader was asked and had nothing
            self._ready.extend(self._stage.on_time(now_ms, has_input=self.has_waiting()))

    def wait_fd(self) -> int | None:
        """File descriptor that becomes readable when there is input."""
        return self._reader.wait_fd()

    def next_poll_ms(self) -> int | None:
        """Return the processing time before which polling is useless."""
        return self._reader.next_poll_ms()

    def stop(self) -> None:
        """End the input here: what was read is still processed."""
        self._live_splits.clear()
        if self._stage is not None:
            self._drain_stage()
        self._end()

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()

    def _request_splits(self) -> None:
        while len(self._live_splits) < self._max_splits:
            split = self._splits.next_split()
            if split is None:
                return
            self._reader.add_split(split)
            self._live_splits.add(split.split_id)
            if self._is_waiting_for_splits:
                self._is_waiting_for_splits = False
                self._ready.append(StatusChange(is_idle=False))
            if self._stage is not None:
                self._stage.add_split(split.split_id)

    def _without_splits(self) -> Element | None:
        if self._splits.is_exhausted():
            self._end()
        elif not self._is_waiting_for_splits and not self._splits.is_asking():
            # a reader without a split has nothing that could hold the watermark back
            self._is_waiting_for_splits = True
            self._ready.append(StatusChange(is_idle=True))
        return self._ready.popleft() if self._ready else None

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._ready.extend((Watermark(MAX_WATERMARK_MS), EndOfInput()))

    def _accept(self, fetched: Fetched, deadline_ns: int) -> Element | None:
        split, batch, _, is_split_end, rejected = fetched
        if rejected:
            self._reject(rejected)
        if batch is not None:
            if batch.num_rows:
                self.rows += batch.num_rows
            else:
                batch = None
        stage = self._stage
        if stage is None:
            if is_split_end:
                self._live_splits.discard(split)
            return batch
        timed = None if batch is None else stage.take(batch, split)
        if is_split_end:
            self._live_splits.discard(split)
            if timed is not None:
                self._ready.append(timed)
            self._drain_stage()
            self._ready.extend(stage.end_split(split))
            return self._ready.popleft() if self._ready else None
        return stage.step(deadline_ns) if timed is None else timed

    def _reject(self, rejected: list[Any]) -> None:
        if self._reject_tag is None:
            info = self._info
            raise InvalidPipelineError(
                f"operator {info.name!r} ({info.node.call_site}): no side output was named for "
                f"malformed records such as {rejected[0]!r}; call flinkette.ext."
                'on_row_error(stream, "side-output", tag) and read stream.get_side_output(tag)'
            )
        self.rejected.append(rejected)

    def _drain_stage(self) -> None:
        assert self._stage is not None
        while self._stage.is_busy:
            element = self._stage.step(2**63 - 1)
            if element is not None:
                self._ready.append(element)
