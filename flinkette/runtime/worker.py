"""The worker loop: subtasks in turn, mail between batches, and the one place that sleeps."""

from __future__ import annotations

import os
import select
import time
from threading import get_ident
from typing import TYPE_CHECKING, NamedTuple

from flinkette.exchange.gate import Gate
from flinkette.runtime.source_input import SourceInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flinkette.exchange.channel import Receiver, Sender
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.subtask import Subtask

__all__ = ["Turn", "Worker"]

SLICE_NS = 10_000_000
"""A subtask runs at most this long before the others and the mail get their turn."""
MAX_PARK_S = 0.1
SPIN_NS = 50_000
"""Waking a sleeper costs 8 to 35 us; the next batch of a busy neighbour mostly comes sooner."""
MIN_PARK_S = 0.001
"""Also when something is overdue: nobody could do it, or the worker would not park."""


class Turn(NamedTuple):
    """Which subtask runs, since when, and in which thread."""

    subtask: Subtask
    started_ns: int
    thread: int


class Worker:
    """Runs the subtasks of its slots in one thread. `step` never waits; `park` does.

    `senders` are the ends of channels to other workers. With `may_spin` (no more workers than
    cores) one that has just worked looks for more a moment before it sleeps.
    """

    def __init__(
        self,
        subtasks: list[Subtask],
        clock: Clock,
        senders: Sequence[Sender] = (),
        on_turn: Callable[[Subtask], None] | None = None,
        *,
        may_spin: bool = False,
    ) -> None:
        self.subtasks = subtasks
        self._clock = clock
        self._senders = senders
        self._on_turn = on_turn
        self._may_spin = may_spin
        self._has_worked = False
        self.turn: Turn | None = None
        """The subtask at work, for threads that watch; None between turns."""

    @property
    def has_ended(self) -> bool:
        """Whether every subtask has ended and what they made has left the worker."""
        return all(subtask.has_ended for subtask in self.subtasks) and all(
            sender.has_room() for sender in self._senders
        )

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
        thread = get_ident()
        for subtask in self.subtasks:
            if subtask.has_ended:
                continue
            if self._on_turn is not None:
                self._on_turn(subtask)
            started_ns = self._clock.monotonic_ns()
            self.turn = Turn(subtask, started_ns, thread)
            try:
                if subtask.step(started_ns, started_ns + SLICE_NS):
                    has_worked = True
            except Exception:
                self._drain_after(subtask)
                raise
            finally:
                self.turn = None
        if not has_worked:
            has_worked = self._release()
        self._has_worked |= has_worked
        return has_worked

    def commit(self) -> None:
        """Make what the sinks wrote visible. Only when every subtask of the job has ended.

        A sink whose input ended early must still abort when another part of the job fails.
        """
        for subtask in self.subtasks:
            subtask.finish()

    def park(self, descriptors: Iterable[int] = ()) -> None:
        """Sleep until there is input or room, a timer is due, or 100 ms have passed.

        `descriptors` are further ones that end the sleep when they are readable: mail, doorbell.
        """
        has_worked, self._has_worked = self._has_worked, False
        if has_worked and self._may_spin and self._spin():
            return
        asleep: list[Sender | Receiver] = []
        try:
            if self._fall_asleep(asleep):
                self._sleep(descriptors)
        finally:
            for end in asleep:
                end.wake_up()

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

    def _release(self) -> bool:
        """Hand on rows that wait for others: there is nothing else to do."""
        live = (each for each in self.subtasks if not each.has_ended)
        return sum(each.release(is_idle=True) for each in live) > 0

    def _spin(self) -> bool:
        """Watch the channels for a moment; tell whether there is something to do."""
        waiting = [sender for sender in self._senders if not sender.has_room()]
        wanted = self._wanted_inputs()
        deadline_ns = self._clock.monotonic_ns() + SPIN_NS
        while self._clock.monotonic_ns() < deadline_ns:
            for receiver in wanted:
                if not receiver.is_empty():
                    return True
            for sender in waiting:
                if sender.has_room():
                    return True
            os.sched_yield()
        return False

    def _fall_asleep(self, asleep: list[Sender | Receiver]) -> bool:
        """Ask the other workers to wake this one; False if one has moved on already."""
        for sender in self._senders:
            if not sender.has_room():
                asleep.append(sender)
                if not sender.fall_asleep():
                    return False
        for receiver in self._wanted_inputs():
            asleep.append(receiver)
            if not receiver.fall_asleep():
                return False
        return True

    def _wanted_inputs(self) -> list[Receiver]:
        """Return the input channels of the subtasks that could take something."""
        return [
            receiver
            for subtask in self.subtasks
            if isinstance(subtask.input, Gate) and not (subtask.has_ended or subtask.is_blocked)
            for receiver in subtask.input.receivers
        ]

    def _sleep(self, descriptors: Iterable[int]) -> None:
        timeout_s = MAX_PARK_S
        now_ms = self._clock.now_ms()
        now_ns = self._clock.monotonic_ns()
        readable = list(descriptors)
        for subtask in self.subtasks:
            if subtask.has_ended:
                continue
            turn_ns = subtask.next_turn_ns()
            if turn_ns is not None:
                timeout_s = min(timeout_s, max(MIN_PARK_S, (turn_ns - now_ns) / 1e9))
            due = subtask.next_processing_time()
            if due is not None:
                timeout_s = min(timeout_s, max(MIN_PARK_S, (due - now_ms) / 1000))
            if isinstance(subtask.input, SourceInput):
                fd = subtask.input.wait_fd()
                if fd is not None:
                    readable.append(fd)
            outside_fd = subtask.wake_up_fd()
            if outside_fd is not None:
                readable.append(outside_fd)
        if readable:
            poller = select.poll()
            for fd in readable:
                poller.register(fd, select.POLLIN)
            poller.poll(timeout_s * 1000)
        else:
            time.sleep(timeout_s)

    def _drain_after(self, failed: Subtask) -> None:
        """Process what the failed subtask had handed on before it failed (contract 8)."""
        others = [
            subtask
            for subtask in self.subtasks
            if subtask is not failed and not subtask.is_source and not subtask.has_ended
        ]
        behind = self.subtasks[self.subtasks.index(failed) + 1 :]
        now_ns = self._clock.monotonic_ns()
        deadline_ns = now_ns + 100 * SLICE_NS
        try:
            while now_ns < deadline_ns:
                worked = [
                    failed.flush(),
                    failed.release_all(),
                    *(subtask.step(now_ns, deadline_ns) for subtask in others),
                ]
                worked += [subtask.release_all() for subtask in others]
                now_ns = self._clock.monotonic_ns()
                if not any(worked) and not self._wait_for_calls(behind, now_ns, deadline_ns):
                    return
        except Exception:
            # the first failure is the one to report
            return

    def _wait_for_calls(self, subtasks: list[Subtask], now_ns: int, deadline_ns: int) -> bool:
        """Sleep until calls in flight may have got on; False if there are none."""
        waiting = [each for each in subtasks if each.waits_outside and not each.has_ended]
        if not waiting:
            return False
        turns = [each.next_turn_ns() for each in waiting]
        until_ns = min([deadline_ns, *(turn for turn in turns if turn is not None)])
        poller = select.poll()
        for each in waiting:
            fd = each.wake_up_fd()
            if fd is not None:
                poller.register(fd, select.POLLIN)
        timeout_s = min(MAX_PARK_S, max(MIN_PARK_S, (until_ns - now_ns) / 1e9))
        poller.poll(timeout_s * 1000)
        # on a still clock nothing gets on, and no deadline passes
        return self._clock.monotonic_ns() > now_ns
