"""How often Python looks for garbage while rows pass.

Rows live as long as their batch. Looked at after every 700 new objects, as Python does, hardly any
of them is garbage yet: a window in Python functions spent a third of its time on that.
"""

from __future__ import annotations

import gc
import threading

__all__ = ["look_as_before", "look_less_often"]

YOUNG_OBJECTS = 100_000
"""So many new objects make Python look."""

_lock = threading.Lock()
_jobs = 0
_before: tuple[int, int, int] | None = None


def look_less_often() -> None:
    """Raise the collector's first threshold, unless it is higher, or off, already.

    Any thread, once for every job that begins in this process.
    """
    global _jobs, _before
    with _lock:
        _jobs += 1
        young, *older = gc.get_threshold()
        if _jobs == 1 and 0 < young < YOUNG_OBJECTS:
            _before = gc.get_threshold()
            gc.set_threshold(YOUNG_OBJECTS, *older)


def look_as_before() -> None:
    """Undo `look_less_often`, once for every job that has ended; the last one counts.

    A threshold that somebody has set meanwhile stays.
    """
    global _jobs, _before
    with _lock:
        _jobs -= 1
        if _jobs == 0 and _before is not None:
            if gc.get_threshold()[0] == YOUNG_OBJECTS:
                gc.set_threshold(*_before)
            _before = None
