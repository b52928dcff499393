"""The end of a stream: a connector's writer behind the operator contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.errors import SinkError
from flinkette.contracts.sink import SinkContext, SinkWriter
from flinkette.runtime.failures import ConnectorErrors
from flinkette.runtime.operator import Operator

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.contracts.sink import Sink
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["SinkOperator"]


class SinkOperator(Operator):
    """Hands batches to a writer; commits on `finish`, drops on a close without it."""

    reads_time = False

    def __init__(self, info: OperatorInfo, sink: Sink) -> None:
        super().__init__(info)
        self._sink = sink
        self._errors = ConnectorErrors(info, SinkError)
        self._writer: SinkWriter | None = None
        self._is_finished = False

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        sink_context = SinkContext(
            context.subtask_index,
            context.parallelism,
            self.info.node.output_type,
            context.clock.now_ms,
        )
        with self._errors:
            self._writer = self._sink.create_writer(sink_context)

    @property
    def has_say(self) -> bool:
        writer = self._writer
        return writer is not None and type(writer).is_ready is not SinkWriter.is_ready

    def is_ready(self) -> bool:
        return self._writer is None or self._writer.is_ready()

    def start_batch(self, batch: Batch) -> None:
        assert self._writer is not None
        try:
            self._writer.write(batch)
        except Exception as error:
            self._errors.explain(error)
            raise
        self.rows_out += batch.num_rows
        self.is_busy = False

    def finish(self) -> None:
        assert self._writer is not None
        with self._errors:
            self._writer.finish()
        self._is_finished = True

    def close(self) -> None:
        if self._writer is not None and not self._is_finished:
            self._writer.abort()
        self._writer = None
