"""Which rows may be combined before an exchange: those of windows that only add them up."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from flinkette._native.accumulators import KIND_NAMES
from flinkette._native.combining import KINDS
from flinkette.plan.slices import SlicePlan, plan_slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.graph.transformations import Transformation
    from flinkette.plan.slices import SlicedWindow

__all__ = ["Combination", "plan_combination"]


@dataclass(frozen=True)
class Combination:
    """How rows of one key become one row.

    Attributes
    ----------
    unit_ms, offset_ms : int
        Rows of one slice may be combined; slices begin at `offset_ms` and every `unit_ms`.
    fields : tuple of (int or str, str)
        Aggregated columns with one of "sum", "min", "max".
    """

    unit_ms: int
    offset_ms: int
    fields: tuple[tuple[int | str, str], ...]


def plan_combination(nodes: Sequence[Transformation]) -> Combination | None:
    """Say how rows on their way to windows may be combined, None if they may not.

    The windows' results must not tell how many rows there were, nor in which order: sums, minima
    and maxima of 64-bit ints, each of a column of its own, in windows of slices without late
    firings and without an output for late rows.

    Parameters
    ----------
    nodes : sequence of Transformation
        A window, or all windows that run as one operator.
    """
    plans = [plan_slices(node) for node in nodes]
    fields: dict[int | str, str] = {}
    unit_ms = 0
    offset_ms: int | None = None
    for plan in plans:
        if not isinstance(plan, SlicePlan) or not all(map(_may_combine, plan.windows)):
            return None
        for aggregate in plan.aggregates:
            kind, field = KIND_NAMES[aggregate.kind], aggregate.field
            if kind not in KINDS or aggregate.spec != ("long",) or field is None:
                return None
            if fields.setdefault(field, kind) != kind:
                return None
        for window in plan.windows:
            offset_ms = window.offset if offset_ms is None else offset_ms
            spans = (window.size, window.slide, window.offset - offset_ms)
            unit_ms = gcd(unit_ms, *spans)
    if offset_ms is None or not fields:
        return None
    return Combination(unit_ms, offset_ms, tuple(fields.items()))


def _may_combine(window: SlicedWindow) -> bool:
    return window.has_slices and window.lateness == 0 and window.late_tag is None
