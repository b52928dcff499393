"""Brute-force windows: every live window is looked at after every row and watermark."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["MAX", "MIN", "Assigned", "brute_force", "sliding_starts"]

MIN, MAX = -(2**63), 2**63 - 1


class Assigned(NamedTuple):
    """The windows of one row: bounds, and whether they merge with those they touch."""

    bounds: list[tuple[int, int]]
    is_session: bool = False


def sliding_starts(time: int, size: int, slide: int, offset: int) -> list[int]:
    """Starts of the windows that hold `time`, latest first."""
    return [s for s in range(time, time - size, -1) if (s - offset) % slide == 0]


def brute_force(steps: list[Any], assign: Any, lateness: int) -> tuple[list[Any], list[Any]]:
    """Take (key, time, value) rows and watermarks; give ([(key, start, end, values)], late)."""
    live: dict[tuple[Any, int, int], list[Any]] = {}
    fired, late, now = [], [], MIN
    for step in steps:
        if isinstance(step, tuple):
            key, time, value = step
            spans, is_session = assign(step)
            is_taken = False
            for start, end in spans:
                met = [
                    w for w in live if is_session and w[0] == key and w[1] <= end >= start <= w[2]
                ]
                window = (key, min([start, *(w[1] for w in met)]), max([end, *(w[2] for w in met)]))
                if window not in live and window[2] - 1 + lateness <= now:
                    continue
                values = [v for w in sorted(met, key=lambda w: w[1]) for v in live.pop(w)]
                live.setdefault(window, values).append(value)
                is_taken = True
                if window[2] - 1 <= now:
                    fired.append((*window, list(live[window])))
            if not is_taken and time + lateness <= now:
                late.append(value)
            continue
        for window in sorted(live, key=lambda w: w[2]):
            if now < window[2] - 1 <= step:
                fired.append((*window, list(live[window])))
            if window[2] - 1 + lateness <= step:
                del live[window]
        now = step
    return fired, late
