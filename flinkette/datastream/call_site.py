"""Where in the user's program a stream method was called."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flinkette.graph.transformations import CallSite

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["find_call_site"]


def find_call_site() -> CallSite:
    """Return file and line of the innermost frame that is not flinkette's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        if module != "flinkette" and not module.startswith("flinkette."):
            return CallSite(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return CallSite("<unknown>", 0)
