"""Hints in error messages: the name that was probably meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["nearest"]

MAX_SHOWN = 20


def nearest(name: str, names: Sequence[str]) -> str:
    """Return a hint: the name most like `name`, and all of them if they are few."""
    close = difflib.get_close_matches(name, names, 1, 0.5)
    hint = f"the nearest is {close[0]!r}; " if close else ""
    shown = ", ".join(names[:MAX_SHOWN]) + (", …" if len(names) > MAX_SHOWN else "")
    return f"{hint}there are {shown}" if names else "there are none"
