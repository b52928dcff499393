"""The receiving end of a source subtask: splits, reader, event time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from flinkette.contracts.errors import InvalidPipelineError, SourceError
from flinkette.contracts.source import ReaderContext
from flinkette.exchange.element import MAX_WATERMARK_MS, EndOfInput, StatusChange, Watermark
from flinkette.runtime.failures import ConnectorErrors
from flinkette.runtime.watermarks import WatermarkStage

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
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
        self._info = info
        reader_context = ReaderContext(
            context.subtask_index, context.parallelism, context.clock.now_ms
        )
        self._errors = ConnectorErrors(info, SourceError)
        with self._errors:
            self._reader: SplitReader = source.create_reader(reader_context)
        self._stage = None if strategy is None else WatermarkStage(strategy, info, context)
        self._ready: deque[Element] = deque()
        self._live_splits: set[str] = set()
        self._has_ended = False
        self._is_waiting_for_splits = False
        self._has_input = True
        self.rows = 0
        self.rejected: deque[list[object]] = deque()
        self._reject_tag: OutputTag | None = info.node.row_error.tag

    @property
    def has_ended(self) -> bool:
        """Whether the end of the input was handed out."""
        return self._has_ended

    @property
    def reject_tag(self) -> OutputTag | None:
        """Side output for malformed input rows, if `on_row_error` named one."""
        return self._reject_tag

    def poll(self, deadline_ns: int) -> Element | None:
        """Take the next element, or None when there is nothing to read now."""
        if self._ready:
            return self._ready.popleft()
        if self._has_ended:
            return None
        if self._stage is not None and self._stage.is_busy:
            return self._stage.step(deadline_ns)
        try:
            if len(self._live_splits) < self._reader.max_splits:
                self._request_splits()
            if not self._live_splits:
                return self._without_splits()
            fetched = self._reader.poll(self._context.batch_rows)
        except Exception as error:
            self._errors.explain(error)
            raise
        self._has_input = fetched is not None
        if fetched is None:
            return None
        return self._accept(fetched, deadline_ns)

    def next_deadline_ms(self) -> int | None:
        """Return the processing time at which `on_time` should be called, or None."""
        return None if self._stage is None else self._stage.next_deadline_ms()

    def on_time(self, now_ms: int) -> None:
        """Emit what is due on the processing clock."""
        if self._stage is not None:
            # idle needs evidence: the reader was asked and had nothing
            has_input = self._has_input or bool(self._ready) or self._stage.is_busy
            self._ready.extend(self._stage.on_time(now_ms, has_input=has_input))

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
        while len(self._live_splits) < self._reader.max_splits:
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
        batch: Batch | None = fetched.batch
        if fetched.rejected:
            if self._reject_tag is None:
                info = self._info
                raise InvalidPipelineError(
                    f"operator {info.name!r} ({info.node.call_site}): no side output was named for "
                    f"malformed records such as {fetched.rejected[0]!r}; call flinkette.ext."
                    'on_row_error(stream, "side-output", tag) and read stream.get_side_output(tag)'
                )
            self.rejected.append(fetched.rejected)
        if batch is not None and batch.num_rows == 0:
            batch = None
        if batch is not None:
            self.rows += batch.num_rows
        if self._stage is None:
            if fetched.is_split_end:
                self._live_splits.discard(fetched.split_id)
            return batch
        if batch is not None:
            self._stage.load(batch, fetched.split_id)
        if fetched.is_split_end:
            self._live_splits.discard(fetched.split_id)
            self._drain_stage()
            self._ready.extend(self._stage.end_split(fetched.split_id))
            return self._ready.popleft() if self._ready else None
        return self._stage.step(deadline_ns)

    def _drain_stage(self) -> None:
        assert self._stage is not None
        while self._stage.is_busy:
            element = self._stage.step(2**63 - 1)
            if element is not None:
                self._ready.append(element)
