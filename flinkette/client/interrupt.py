"""Ctrl-C between two steps of a job, so that no row is lost in the middle of one."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Interrupt"]


class Interrupt:
    """Notes the first Ctrl-C; the second one raises KeyboardInterrupt wherever the program is.

    Works in the main thread of a program that has no handler of its own; elsewhere it does nothing.
    """

    def __init__(self) -> None:
        self.was_seen = False
        self._is_new = False
        self._is_installed = False

    def __enter__(self) -> Interrupt:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._note)
            self._is_installed = True
        return self

    def __exit__(self, *exception: object) -> None:
        if self._is_installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def is_new(self) -> bool:
        """Tell once that Ctrl-C was pressed."""
        is_new, self._is_new = self._is_new, False
        return is_new

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.was_seen:
            raise KeyboardInterrupt
        self.was_seen = self._is_new = True
