"""`assert_rows`: compares what came out, and draws what happened when it is something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.runtime.failures import value_text
from flinkette.testing.operator_harness import OperatorHarness
from flinkette.testing.outputs import Collected
from flinkette.testing.timeline import draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.testing.outputs import MadeRow

__all__ = ["assert_rows"]


def assert_rows(
    output: OperatorHarness | Collected,
    expected: Iterable[Any],
    *,
    in_any_order: bool = False,
    with_times: bool = False,
) -> None:
    """Check the rows that came out.

    Parameters
    ----------
    output : OperatorHarness or Collected
        A harness (its main output), a side output of it, or what `PipelineHarness.collect` gave.
    expected : iterable
        All rows since the beginning, or since the last `clear`; with `with_times` pairs of a row
        and its event time in ms, None for a row without.
    in_any_order : bool
        Whether the order makes no difference.
    with_times : bool
        Whether event times are compared as well.

    Raises
    ------
    AssertionError
        If they differ; the message draws what went in and what came out, and marks the first
        difference.
    """
    __tracebackhide__ = True  # pytest shows the test's line, not this one
    collected = output.main if isinstance(output, OperatorHarness) else output
    made: list[Any] = list(collected.output()) if with_times else collected.rows()
    wanted = [tuple(each) for each in expected] if with_times else list(expected)
    difference = _unordered(made, wanted) if in_any_order else _ordered(made, wanted)
    if difference is not None:
        raise AssertionError(_message(collected, made, wanted, *difference))


Difference = tuple[int | None, str]
"""Number of the row that should not be there, None if one is missing; what is wrong, in words."""


def _ordered(made: list[Any], wanted: list[Any]) -> Difference | None:
    for number, (one, other) in enumerate(zip(made, wanted, strict=False)):
        if not _equal(one, other):
            return number, f"expected {value_text(other)}"
    if len(made) > len(wanted):
        return len(wanted), "expected no further row"
    if len(made) < len(wanted):
        return None, f"expected {value_text(wanted[len(made)])}"
    return None


def _unordered(made: list[Any], wanted: list[Any]) -> Difference | None:
    missing = list(wanted)
    first: int | None = None
    for number, one in enumerate(made):
        found = next((at for at, other in enumerate(missing) if _equal(one, other)), None)
        if found is not None:
            del missing[found]
        elif first is None:
            first = number
    if first is None and not missing:
        return None
    what = f"expected {', '.join(map(value_text, missing))}" if missing else "not expected"
    return first, what


def _message(
    collected: Collected, made: list[Any], wanted: list[Any], number: int | None, what: str
) -> str:
    """Say what differs and draw what happened."""
    row = len(made) if number is None else number
    came = "nothing" if number is None else value_text(made[number])

    marked = None if number is None else number + collected.cleared

    def remark(stream: Collected, position: int, _: MadeRow) -> str:
        return f"<-- {what}" if stream is collected and position == marked else ""

    head = (
        f"rows of {collected.name!r} differ at row {row}: {what}, got {came}; "
        f"{len(wanted)} expected, {len(made)} came out"
    )
    last = "" if number is not None else f"  out nothing more  <-- {what}"
    return f"{head}\n{draw(collected.history, remark, last)}"


def _equal(one: Any, other: Any) -> bool:
    """Compare rows; a NaN is itself."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other)
    if type(one) is type(other) and isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
