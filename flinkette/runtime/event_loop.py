"""An asyncio event loop that is stepped: it runs what is ready and never waits by itself.

It runs in the thread of its worker, in turns with the subtasks: a second thread would fight for
the GIL at every call. Its selector tells two things that a loop otherwise keeps to itself: that
nothing is ready, which ends the step, and how long the loop would have waited, which bounds the
worker's sleep.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable

__all__ = ["EventLoop"]

T = TypeVar("T")
GRACE_S = 1.0
"""How long tasks may take to end once they are cancelled; more are left behind."""
RESOLUTION_S = 1e-7
"""Timers run up to so much before their time: sums of doubles miss it by some ns, and a still clock
would never make up for that."""
LEAST_LOOKS = 3
"""A timer wakes a future, that its task: what was due before a time-out comes before it, however
late the step is."""


class _SteppedSelector(selectors.DefaultSelector):
    """Looks at descriptors and returns; ends the step when there is nothing to do."""

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        super().__init__()
        self._monotonic_ns = monotonic_ns
        self.stop: Callable[[], Any] = bool
        self.may_wait = False
        self.deadline_ns = 0
        self.due_ns: int | None = None
        """When the loop has something to do if nothing becomes ready."""
        self.num_looks = 0
        self.is_idle = True
        """Whether the last look found nothing to do."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.may_wait:
            return super().select(timeout)
        self.num_looks += 1
        if timeout is not None and timeout < RESOLUTION_S / 2:
            timeout = 0
        now_ns = self._monotonic_ns()
        ready = super().select(0)
        # rounded up: a loop that is woken too early would find nothing to do
        self.due_ns = None if timeout is None else now_ns + int(timeout * 1e9) + 1
        self.is_idle = timeout != 0 and not ready
        if self.is_idle or (now_ns > self.deadline_ns and self.num_looks > LEAST_LOOKS):
            self.stop()
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """Takes the time from the engine's clock, and from the machine's while it really waits.

    Time begins at 0: a double that counts from far away has no nanoseconds.
    """

    def __init__(self, selector: _SteppedSelector, monotonic_ns: Callable[[], int]) -> None:
        self._selector_of_steps = selector
        self._engine_ns = monotonic_ns
        self._now_ns = monotonic_ns
        self._start_ns = monotonic_ns()
        super().__init__(selector)
        self._clock_resolution = RESOLUTION_S

    def time(self) -> float:
        return (self._now_ns() - self._start_ns) / 1e9

    def wait_for(self, task: asyncio.Task[T]) -> T:
        """Run a task to its end; time passes, also where the engine's clock stands still."""
        self._go_by(time.monotonic_ns)
        self._selector_of_steps.may_wait = True
        try:
            return self.run_until_complete(task)
        finally:
            self._selector_of_steps.may_wait = False
            self._go_by(self._engine_ns)

    def _go_by(self, clock_ns: Callable[[], int]) -> None:
        """Take the time from another clock; it goes on from where it is."""
        passed_ns = self._now_ns() - self._start_ns
        self._now_ns = clock_ns
        self._start_ns = clock_ns() - passed_ns


class EventLoop:
    """The event loop of one operator. Slot thread only."""

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._selector = _SteppedSelector(monotonic_ns)
        self._monotonic_ns = monotonic_ns
        self._loop = _Loop(self._selector, monotonic_ns)
        self._selector.stop = self._loop.stop
        self._thread: ThreadPoolExecutor | None = None
        self._cancelled: set[asyncio.Task[Any]] = set()

    def make_task(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let a coroutine run from the next step on."""
        return asyncio.Task(coroutine, loop=self._loop)

    def cancel(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Cancel tasks before what is run next; `close` gives them time to end."""
        for task in tasks:
            task.cancel()
            self._cancelled.add(task)

    def step(self, deadline_ns: int) -> bool:
        """Run what is ready until nothing is, or the deadline has passed.

        Returns
        -------
        bool
            Whether anything was run.
        """
        selector = self._selector
        selector.deadline_ns = deadline_ns
        selector.num_looks = 0
        self._run(self._loop.run_forever)
        # the last look is the one that found nothing, unless the deadline ended the step
        return selector.num_looks > 1 or not selector.is_idle

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, waiting where it waits."""
        made: list[asyncio.Task[T]] = []

        def wait() -> T:
            # in the thread of the loop, which may have a step to end before
            made.append(self.make_task(coroutine))
            return self._loop.wait_for(made[0])

        try:
            return self._run(wait)
        except BaseException:
            # an interrupted caller does not stop a loop that runs in another thread
            for task in made:
                if not task.done():
                    self._loop.call_soon_threadsafe(task.cancel)
            raise

    def fileno(self) -> int:
        """Return a descriptor that is readable when one that the loop watches is."""
        return self._selector.fileno()

    def next_due_ns(self) -> int | None:
        """Monotonic time at which `step` has something to do if no descriptor is ready before."""
        return self._selector.due_ns

    def close(self) -> None:
        """Cancel what still runs, give it a moment, and close whatever it does with that."""
        loop = self._loop
        if loop.is_closed():
            return
        try:
            self.run(_end_tasks(self._cancelled))
            self.run(loop.shutdown_asyncgens())
        finally:
            # tasks that will not end are dropped, and were cancelled: nothing to report
            loop.set_exception_handler(lambda _loop, _context: None)
            loop.close()
            if self._thread is not None:
                self._thread.shutdown()

    def _run(self, action: Callable[[], T]) -> T:
        """Run the loop here, or beside a loop of the caller's that runs in this thread."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return action()
        # Jupyter, or a program that is itself asynchronous: a thread runs one loop at a time
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "flinkette-event-loop")
        return self._thread.submit(action).result()


async def _end_tasks(cancelled: Collection[asyncio.Task[Any]]) -> None:
    """Cancel all other tasks, and once more, near the end, those that go on all the same.

    A task that cleans up, and waits for it, would be cut short by being cancelled again.
    """
    own = asyncio.current_task()
    for share, spared in ((0.8, cancelled), (0.2, ())):
        left = asyncio.all_tasks() - {own}
        if not left:
            return
        for task in left:
            if task not in spared:
                task.cancel()
        await asyncio.wait(left, timeout=GRACE_S * share)
    if asyncio.all_tasks() - {own}:
        logging.getLogger("flinkette").warning(
            "tasks of an asynchronous function that do not end when they are cancelled were left "
            "behind"
        )
