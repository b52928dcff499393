"""Notices calls of user code that take long: a thread that looks at the worker now and then.

Nothing is done per row or per call: the worker notes whose turn it is, at most every 10 ms, and a
turn that does not end is one call. Its stack says which.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from flinkette.runtime.failures import ASYNCIO_FOLDER, ENGINE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from flinkette.runtime.worker import Turn, Worker

__all__ = ["LongCalls", "describe_call"]

LONGEST_INTERVAL_S = 1.0


class LongCalls:
    """Warns of calls that take longer than a limit: once per function, and at most once a limit.

    Parameters
    ----------
    worker : Worker
        What is watched.
    limit_ms : int
        Calls up to this long are in order; 0 watches nothing.
    say : callable
        Takes a warning; called in the thread that watches.
    """

    def __init__(self, worker: Worker, limit_ms: int, say: Callable[[str], None]) -> None:
        self._worker = worker
        self._limit_ns = limit_ms * 1_000_000
        self._say = say
        self._known: set[tuple[str, int]] = set()
        self._next_ns = 0
        self._interval_s = min(LONGEST_INTERVAL_S, limit_ms / 4e3)
        self._seen: Turn | None = None
        self._seen_ns = 0
        self._looked_ns = 0
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, until `close`."""
        if self._limit_ns:
            self._looked_ns = time.monotonic_ns()
            self._thread = threading.Thread(target=self._watch, name="long calls", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def look(self, now_ns: int) -> None:
        """Warn of the call at work if it is over the limit and nobody was told of it."""
        turn = self._worker.turn
        # between two looks that are far apart the whole process stood still
        passed_ns = min(now_ns - self._looked_ns, int(2e9 * self._interval_s))
        self._looked_ns = now_ns
        if turn is None or turn is not self._seen:
            self._seen, self._seen_ns = turn, 0
            return
        self._seen_ns += passed_ns
        if self._seen_ns < self._limit_ns or now_ns < self._next_ns:
            return
        frame = sys._current_frames().get(turn.thread)
        if frame is None:
            return
        site, text = describe_call(frame)
        del frame  # it keeps everything alive that the call holds
        if self._worker.turn is not turn or site in self._known:
            return
        self._known.add(site)
        self._next_ns = now_ns + self._limit_ns
        took_s = (now_ns - turn.started_ns) / 1e9
        self._say(
            f"flinkette: operator {turn.subtask.display_name}: {text} has been at work for "
            f"{took_s:.1f} s; everything else in this worker waits for it. Give calls that wait "
            "for others a time limit, or let the function do less at once "
            f"(flinkette.long-call.warning is {self._limit_ns / 1e9:g} s; 0 never warns)"
        )

    def _watch(self) -> None:
        while not self._is_over.wait(self._interval_s):
            self.look(time.monotonic_ns())


def describe_call(innermost: FrameType) -> tuple[tuple[str, int], str]:
    """Say which function of the user is at work in a thread.

    Parameters
    ----------
    innermost : frame
        Of the thread that runs the worker.

    Returns
    -------
    tuple
        What tells functions apart, and words: the function that the engine called with the line
        it is at, and where it has got to in other files.
    """
    called: FrameType | None = None
    frame: FrameType | None = innermost
    while frame is not None and not frame.f_code.co_filename.startswith(ENGINE_FOLDER):
        # the event loop stands between the engine and a coroutine, the same for all of them
        if not frame.f_code.co_filename.startswith(ASYNCIO_FOLDER):
            called = frame
        frame = frame.f_back
    at_work = f"{innermost.f_code.co_filename}:{innermost.f_lineno}"
    if called is None:
        code = innermost.f_code
        return (code.co_filename, code.co_firstlineno), f"a call from {at_work}"
    code = called.f_code
    text = f"{code.co_name} ({code.co_filename}:{called.f_lineno})"
    if innermost.f_code.co_filename != code.co_filename:
        text += f", now in {innermost.f_code.co_name} ({at_work}),"
    return (code.co_filename, code.co_firstlineno), text
