"""The interval join of two keyed streams."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flinkette._native.interval_join import IntervalJoin
from flinkette.contracts.output_tag import OutputTag
from flinkette.plan.joined_columns import JoinedColumns, plan_joined_columns
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.failures import make_error, make_row_error
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.keyed import Keys
from flinkette.runtime.operators.rows import converter_of
from flinkette.runtime.user_code import close_all, open_function

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.graph.operators import IntervalJoinDescription
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["IntervalJoinOperator"]


class IntervalJoinOperator(Operator):
    """Pairs rows of one key whose event times are near each other."""

    def __init__(self, info: OperatorInfo, description: IntervalJoinDescription) -> None:
        super().__init__(info)
        self._description = description
        self._is_open = False

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        description = self._description
        self._keys = Keys(context)
        policy = self.info.node.row_error
        columns = plan_joined_columns(self.info.node)
        self._native = self._kernel = IntervalJoin(
            lower_ms=description.lower_ms,
            upper_ms=description.upper_ms,
            keys=self._keys.context,
            function=description.func.process_element,
            columns=columns if isinstance(columns, JoinedColumns) else None,
            converter=converter_of(self.info.node.output_type),
            late_tags=(description.left_late_tag, description.right_late_tag),
            info=self.info,
            input_infos=(replace(self.info, input_index=0), replace(self.info, input_index=1)),
            error_action=policy.action,
            error_tag=policy.tag,
            tag_class=OutputTag,
            make_error=make_error,
            make_row_error=make_row_error,
        )
        runtime_context = SubtaskRuntimeContext(context, self.info, self._keys.context)
        open_function(description.func, runtime_context, self.info)
        self._is_open = True

    @property
    def late_rows_dropped(self) -> int:
        """Rows that came after the watermark and had no side output to go to."""
        return self._native.late_rows_dropped

    @property
    def keys(self) -> Keys:
        return self._keys

    def select_input(self, index: int) -> None:
        self._native.select_input(index)

    def start_batch(self, batch: Batch) -> None:
        self._native.load(batch, self._keys.ids(batch))

    def start_watermark(self, time_ms: int) -> bool:
        self._native.load_event_timers(time_ms)
        return True

    def finish_work(self) -> None:
        self._keys.release()
        super().finish_work()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            close_all([self._description.func], self.info)
