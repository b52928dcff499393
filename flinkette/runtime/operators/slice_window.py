"""Windows of built-in aggregates over shared slices, all columns (contract 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.row_context import Firing
from flinkette._native.slice_window import AggregateWindows
from flinkette.contracts.windows import TimeWindow
from flinkette.runtime.failures import NO_ROW, make_error
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.keyed import Keys

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.plan.slices import SlicePlan
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["SliceWindowOperator"]


class SliceWindowOperator(Operator):
    """Windows of built-in aggregates; `infos` are those of the plan's windows."""

    def __init__(self, infos: list[OperatorInfo], plan: SlicePlan, *, is_all: bool) -> None:
        super().__init__(infos[0])
        self._infos = infos
        self._plan = plan
        self._is_all = is_all
        self._ids_of_none: Uint32Buffer | None = None

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._keys = Keys(context)
        self._native = self._kernel = AggregateWindows(
            keys=self._keys.key_map,
            aggregates=list(self._plan.aggregates),
            windows=list(self._plan.windows),
            key_spec=self._plan.key_spec,
            is_event_time=self._plan.windows[0].is_event_time,
            make_failure=self._make_failure,
            make_result_failure=self._make_result_failure,
        )

    @property
    def late_rows_dropped(self) -> int:
        """Rows that came after their windows were gone and had no side output to go to."""
        return self._native.late_rows_dropped

    @property
    def keys(self) -> Keys:
        return self._keys

    def live_windows(self) -> list[tuple[Any, Any]] | None:
        # rows lie in slices, which belong to several windows
        return None if self._native.live_states else []

    def start_batch(self, batch: Batch) -> None:
        try:
            if self._is_all:
                self._native.load(batch, self._ids_of_one_key(batch.num_rows))
            else:
                self._native.load(batch)
        except Exception as error:
            raise make_error(self.info, error, NO_ROW, None, None) from error

    def start_watermark(self, time_ms: int) -> bool:
        self._native.load_event_timers(time_ms)
        return True

    def finish_work(self) -> None:
        self._native.release_batch()
        super().finish_work()

    def _ids_of_one_key(self, num_rows: int) -> Uint32Buffer:
        """Ids for a stream without keys: every row belongs to the key None, which stays."""
        known = self._ids_of_none
        if known is None or known.length < num_rows:
            known = self._ids_of_none = self._keys.ids_of_one_key(num_rows)
            self._keys.key_map.retain_id(known[0])
        return known.slice(0, num_rows)

    def _make_result_failure(
        self, error: Exception, definition: int, key: Any, start_ms: int, end_ms: int
    ) -> Exception:
        """Say which window of which key an error belongs to."""
        window = self._plan.windows[definition]
        what = "while a window of rows fired"
        if window.is_event_time:
            what = f"while {TimeWindow(start_ms, end_ms)!r} fired"
        key = None if self._is_all else key
        return make_error(self._infos[definition], error, Firing(what), key, None)

    def _make_failure(self, error: Exception, batch: Batch | None, row: int) -> Exception:
        """Say which row an error belongs to, if it belongs to one."""
        value: Any = NO_ROW if batch is None else batch.objects()[row]
        key = None
        if batch is not None and batch.keys is not None and not self._is_all:
            keys = batch.keys
            key = keys[row] if isinstance(keys, list) else keys.slice(row, row + 1).to_objects()[0]
        return make_error(self.info, error, value, key, None)
