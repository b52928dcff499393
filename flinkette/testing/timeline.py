"""Drawings of what happened in a harness, for failure messages.

```
 event time           0                          5999
                      |-----------------------------|
 in   ('a', 1) at 0   o
   window [0, 5000)   [=======================)            of 'a'
 in   watermark 4999                          W
   out  ('a', 1)                              *            <-- expected ('a', 2)
```

Down: the order in which things happened. Across: the event time that they have, of what belongs to
the clock the processing time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flinkette.contracts.windows import MAX_TIMESTAMP, MIN_TIMESTAMP
from flinkette.runtime.failures import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.testing.history import History, Step
    from flinkette.testing.outputs import Collected, MadeRow

__all__ = ["draw"]

WIDTH = 44
"""Characters of the axis."""
LABEL = 38
"""Characters of what stands before it."""
MAX_STEPS = 40
"""Steps that are drawn; those around the difference, if there are more."""

LEGEND = "o row  W watermark  P processing time  [==) window  t timer  * row that came out"


class Line(NamedTuple):
    """A line of the drawing before it is drawn: what, from where to where, as what, a remark."""

    label: str
    mark: str
    start_ms: int | None = None
    end_ms: int | None = None
    remark: str = ""
    is_event_time: bool = True


def draw(history: History, remark: Callable[[Collected, int, MadeRow], str], last: str = "") -> str:
    """Draw a history.

    Parameters
    ----------
    history : History
        What happened.
    remark : callable
        What to write behind a row that came out; empty for nothing.
    last : str
        A line behind all others; empty for none.

    Returns
    -------
    str
        Lines without a line break at the end.
    """
    blocks = [_lines(step, remark) for step in history.steps]
    marked = [index for index, lines in enumerate(blocks) if any(each.remark for each in lines[1:])]
    skipped, blocks = _around(blocks, marked[0] if marked else len(blocks))
    lines = [line for block in blocks for line in block]
    event = Scale("event time", [line for line in lines if line.is_event_time])
    processing = Scale("processing time", [line for line in lines if not line.is_event_time])
    drawn = [LEGEND, *event.header(), *processing.header()]
    if skipped:
        drawn.append(f"… {skipped} steps before")
    drawn += [(event if line.is_event_time else processing).draw(line) for line in lines]
    if last:
        drawn.append(last)
    return "\n".join(drawn)


class Scale:
    """Where the times of some lines lie on the axis."""

    def __init__(self, name: str, lines: list[Line]) -> None:
        self._name = name
        times = sorted(
            time
            for line in lines
            for time in (line.start_ms, line.end_ms)
            if time is not None and MIN_TIMESTAMP < time < MAX_TIMESTAMP
        )
        self._first = times[0] if times else 0
        self._last = times[-1] if times else 0

    def header(self) -> list[str]:
        """Return the two lines above the drawing; nothing if there is only one time."""
        if self._first == self._last:
            return []
        first, last = str(self._first), str(self._last)
        gap = " " * max(1, WIDTH - len(first) - len(last))
        return [
            f"{self._name:<{LABEL}}  {first}{gap}{last}",
            f"{'':<{LABEL}}  |{'-' * (WIDTH - 2)}|",
        ]

    def draw(self, line: Line) -> str:
        """Return a line of the drawing."""
        track = " " * WIDTH
        if line.start_ms is not None and line.end_ms is not None:
            start, end = self._column(line.start_ms), self._column(line.end_ms)
            bar = "[" + "=" * max(0, end - start - 1) + ")"
            track = (" " * start + bar)[:WIDTH]
        elif line.start_ms is not None:
            track = " " * self._column(line.start_ms) + line.mark
        label = line.label if len(line.label) <= LABEL else f"{line.label[: LABEL - 1]}…"
        return f"{label:<{LABEL}}  {track:<{WIDTH}}  {line.remark}".rstrip()

    def _column(self, time_ms: int) -> int:
        span = self._last - self._first
        if not span:
            return 0
        column = round((time_ms - self._first) * (WIDTH - 1) / span)
        return max(0, min(WIDTH - 1, column))


def _lines(step: Step, remark: Callable[[Collected, int, MadeRow], str]) -> list[Line]:
    """Return the lines of a step: what went in, then what came of it."""
    is_event = step.processing_ms is None
    time_ms = step.event_ms if is_event else step.processing_ms
    lines = [Line(f"in  {step.text}", step.mark, time_ms, is_event_time=is_event)]
    for key, window in step.windows:
        start_ms, end_ms = getattr(window, "start", None), getattr(window, "end", None)
        lines.append(Line(f"    window of {value_text(key)}", "[", start_ms, end_ms))
    lines += [
        Line(
            f"    timer at {timer.time_ms} of {value_text(timer.key)}",
            "t",
            timer.time_ms,
            is_event_time=timer.is_event_time,
        )
        for timer in step.timers
    ]
    for stream, number, made in step.made:
        where = "out" if stream.tag is None else f"out {stream.tag.tag_id}:"
        lines.append(
            Line(
                f"  {where} {value_text(made.value)}",
                "*",
                made.time_ms,
                remark=remark(stream, number, made),
            )
        )
    return lines


def _around(blocks: list[list[Line]], centre: int) -> tuple[int, list[list[Line]]]:
    """Leave steps out that are far from the difference; return how many before it."""
    start = max(0, min(centre - MAX_STEPS + 5, len(blocks) - MAX_STEPS))
    return start, blocks[start : start + MAX_STEPS]
