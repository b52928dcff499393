"""How often Python looks for garbage while rows pass.

Rows live as long as their batch. Looked at after every 700 new objects, as Python does, hardly any
of them is garbage yet: a window in Python functions spent a third of its time on that.
"""

from __future__ import annotations

import gc
import threading
from weakref import WeakSet

__all__ = ["look_as_before", "look_less_often"]

YOUNG_OBJECTS = 100_000
"""So many new objects make Python look."""

_lock = threading.Lock()
# weak: a job that nobody closed does not keep the next one that ends from restoring it
_jobs: WeakSet[object] = WeakSet()
_before: tuple[int, int, int] | None = None


def look_less_often(job: object) -> None:
    """Raise the collector's first threshold while a job runs in this process. Any thread.

    It stays as it is if it is higher, or off, already.
    """
    global _before
    with _lock:
        young, *older = gc.get_threshold()
        if _before is None and 0 < young < YOUNG_OBJECTS:
            _before = gc.get_threshold()
            gc.set_threshold(YOUNG_OBJECTS, *older)
        _jobs.add(job)


def look_as_before(job: object) -> None:
    """Undo that when the last job has ended; a threshold that was set meanwhile stays."""
    global _before
    with _lock:
        _jobs.discard(job)
        if not _jobs and _before is not None:
            if gc.get_threshold()[0] == YOUNG_OBJECTS:
                gc.set_threshold(*_before)
            _before = None
