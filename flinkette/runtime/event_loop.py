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
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["EventLoop"]

T = TypeVar("T")
GRACE_S = 1.0
"""How long tasks may take to end once they are cancelled; more are left behind."""
CANCEL_AGAIN_S = 0.1
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
        now_ns = self._monotonic_ns()
        ready = super().select(0)
        # rounded up: a loop that is woken too early would find nothing to do
        self.due_ns = None if timeout is None else now_ns + int(timeout * 1e9) + 1
        self.is_idle = timeout != 0 and not ready
        if self.is_idle or (now_ns > self.deadline_ns and self.num_looks > LEAST_LOOKS):
            self.stop()
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """Takes the time from the engine's clock."""

    def __init__(self, selector: _SteppedSelector, monotonic_ns: Callable[[], int]) -> None:
        self._engine_ns = monotonic_ns
        super().__init__(selector)

    def time(self) -> float:
        return self._engine_ns() / 1e9


class EventLoop:
    """The event loop of one operator. Slot thread only."""

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._selector = _SteppedSelector(monotonic_ns)
        self._monotonic_ns = monotonic_ns
        self._loop = _Loop(self._selector, monotonic_ns)
        self._selector.stop = self._loop.stop
        self._thread: ThreadPoolExecutor | None = None

    def make_task(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let a coroutine run from the next step on."""
        return asyncio.Task(coroutine, loop=self._loop)

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
        self._selector.may_wait = True
        try:
            return self._run(lambda: self._loop.run_until_complete(coroutine))
        finally:
            self._selector.may_wait = False

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
            self.run(_end_tasks())
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


async def _end_tasks() -> None:
    """Cancel all other tasks; those that go on all the same are cancelled again and again."""
    own = asyncio.current_task()
    for _ in range(round(GRACE_S / CANCEL_AGAIN_S)):
        left = [task for task in asyncio.all_tasks() if task is not own]
        if not left:
            return
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
    logging.getLogger("flinkette").warning(
        "tasks of an asynchronous function that do not end when they are cancelled were left behind"
    )
