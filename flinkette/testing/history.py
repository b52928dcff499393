"""What happened in a harness, step by step: what failure messages are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.runtime.operator import PendingTimer
    from flinkette.testing.outputs import Collected, MadeRow

__all__ = ["History", "Step"]

MAX_OBSERVED = 200
"""Steps at which windows and timers are looked at: each look costs as much as there are."""


@dataclass
class Step:
    """One thing a test did, and what came of it.

    Attributes
    ----------
    mark : str
        ``o`` a row, ``W`` a watermark, ``P`` processing time, ``i`` idle or active, ``E`` the end.
    text : str
        What it was.
    event_ms, processing_ms : int or None
        The row's time or the watermark; the processing time that was reached.
    made : list
        Stream, number in the stream, row: what came out.
    windows : list
        Key and window: those that appeared.
    timers : list of PendingTimer
        Those that appeared.
    """

    mark: str
    text: str
    event_ms: int | None = None
    processing_ms: int | None = None
    made: list[tuple[Collected, int, MadeRow]] = field(default_factory=list)
    windows: list[tuple[Any, Any]] = field(default_factory=list)
    timers: list[PendingTimer] = field(default_factory=list)


class History:
    """The steps of one harness, and what was there after the last."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._windows: list[tuple[Any, Any]] = []
        self._timers: list[PendingTimer] = []

    @property
    def wants_more(self) -> bool:
        """Whether `observe` is still worth its time."""
        return len(self.steps) <= MAX_OBSERVED

    def begin(self, step: Step) -> None:
        """Begin a step."""
        self.steps.append(step)

    def note(self, stream: Collected, number: int, made: MadeRow) -> None:
        """Note a row that came out in the step that was begun last."""
        self.steps[-1].made.append((stream, number, made))

    def observe(self, windows: list[tuple[Any, Any]], timers: list[PendingTimer]) -> None:
        """Note what of windows and timers is new after a step."""
        step = self.steps[-1]
        step.windows += [each for each in windows if each not in self._windows]
        # what ends a window is part of the window
        own = [each for each in timers if each.window is None]
        step.timers += [each for each in own if each not in self._timers]
        self._windows, self._timers = windows, own
