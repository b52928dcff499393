"""The worker loop: subtasks in turn, mail between batches, and the one place that sleeps."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING

from flinkette.runtime.source_input import SourceInput

if TYPE_CHECKING:
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.subtask import Subtask

__all__ = ["Worker"]

SLICE_NS = 10_000_000
"""A subtask runs at most this long before the others and the mail get their turn."""
MAX_PARK_S = 0.1
MIN_PARK_S = 0.001
"""Also when something is overdue: nobody could do it, or the worker would not park."""


class Worker:
    """Runs the subtasks of its slots in one thread. `step` never waits; `park` does."""

    def __init__(self, subtasks: list[Subtask], clock: Clock) -> None:
        self.subtasks = subtasks
        self._clock = clock
        self._has_committed = False

    @property
    def has_ended(self) -> bool:
        """Whether every subtask has ended and every sink has committed."""
        return self._has_committed

    def open(self) -> None:
        """Open the operators, sinks first, so that whoever is fed is ready before its feeder."""
        for subtask in reversed(self.subtasks):
            subtask.open()

    def step(self) -> bool:
        """Let each subtask run once; return whether any did something.

        Raises
        ------
        Exception
            What a subtask failed with, after the rows before the failing one were processed.
        """
        has_worked = False
        for subtask in self.subtasks:
            if subtask.has_ended:
                continue
            started_ns = self._clock.monotonic_ns()
            try:
                if subtask.step(started_ns + SLICE_NS):
                    has_worked = True
                    subtask.busy_ns += self._clock.monotonic_ns() - started_ns
            except Exception:
                self._drain_after(subtask)
                raise
        if not self._has_committed and all(subtask.has_ended for subtask in self.subtasks):
            # only now: a sink whose input ended early must still abort when another part fails
            for subtask in self.subtasks:
                subtask.finish()
            self._has_committed = True
        return has_worked

    def park(self) -> None:
        """Sleep until a source has input, a timer is due, or 100 ms have passed."""
        timeout_s = MAX_PARK_S
        now_ms = self._clock.now_ms()
        readable: list[int] = []
        for subtask in self.subtasks:
            if subtask.has_ended:
                continue
            due = subtask.next_processing_time()
            if due is not None:
                timeout_s = min(timeout_s, max(MIN_PARK_S, (due - now_ms) / 1000))
            if isinstance(subtask.input, SourceInput):
                fd = subtask.input.wait_fd()
                if fd is not None:
                    readable.append(fd)
        if readable:
            poller = select.poll()
            for fd in readable:
                poller.register(fd, select.POLLIN)
            poller.poll(timeout_s * 1000)
        else:
            time.sleep(timeout_s)

    def stop_sources(self) -> None:
        """End every source where it is; what was read is still processed."""
        for subtask in self.subtasks:
            if isinstance(subtask.input, SourceInput) and not subtask.has_ended:
                subtask.input.stop()

    def close(self) -> None:
        """Close everything, whatever fails on the way; raise the first failure at the end."""
        first: Exception | None = None
        for subtask in self.subtasks:
            for operator in subtask.operators:
                try:
                    operator.close()
                except Exception as error:
                    first = first or error
            if isinstance(subtask.input, SourceInput):
                try:
                    subtask.input.close()
                except Exception as error:
                    first = first or error
        if first is not None:
            raise first

    def _drain_after(self, failed: Subtask) -> None:
        """Process what the failed subtask had handed on before it failed (contract 8)."""
        others = [
            subtask
            for subtask in self.subtasks
            if subtask is not failed and not subtask.is_source and not subtask.has_ended
        ]
        deadline_ns = self._clock.monotonic_ns() + 100 * SLICE_NS
        try:
            while self._clock.monotonic_ns() < deadline_ns:
                worked = [failed.flush(), *(subtask.step(deadline_ns) for subtask in others)]
                if not any(worked):
                    return
        except Exception:
            # the first failure is the one to report
            return
