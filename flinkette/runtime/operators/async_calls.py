"""Asynchronous functions: many calls under way at once, in an event loop of the operator's own."""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from flinkette._native.async_calls import AsyncCalls
from flinkette._native.batch import Batch
from flinkette._native.call_queue import CallQueue
from flinkette._native.lent import retain
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.functions import AsyncFunction, Function
from flinkette.exchange.element import EndOfInput, InputBatch, StatusChange, Watermark
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.event_loop import EventLoop
from flinkette.runtime.failures import (
    ASYNCIO_FOLDER,
    ENGINE_FOLDER,
    NO_ROW,
    make_error,
    make_row_error,
)
from flinkette.runtime.operator import FAILED, Operator
from flinkette.runtime.operators.rows import converter_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flinkette._native.call_queue import Call
    from flinkette.contracts.state import StateDescriptor
    from flinkette.exchange.element import Arrival
    from flinkette.graph.operators import AsyncDescription
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["AsyncOperator"]

METHOD_OF_KIND = {
    "invoke": "async_invoke",
    "map": "map",
    "flat_map": "flat_map",
    "generate": "flat_map",
    "filter": "filter",
}
MS = 1_000_000


class _AsyncContext(SubtaskRuntimeContext):
    """Has no keyed state, on a keyed stream neither: rows of one key are in flight at once."""

    def _column(self, method: str, descriptor: StateDescriptor, parts: str) -> tuple[Any, bool]:
        raise InvalidPipelineError(
            f"{self._place()}: state {descriptor.get_name()!r} was asked for by an asynchronous "
            "function, whose rows of one key are in flight at the same time; keep it in a "
            "KeyedProcessFunction before or after"
        )


class AsyncOperator(Operator):
    """Steps an event loop in turns with rows; the queue says which calls to make and what leaves.

    It is busy while rows wait for room or results wait to leave, and waits while it is busy with
    neither to be done.
    """

    def __init__(self, info: OperatorInfo, description: AsyncDescription) -> None:
        super().__init__(info)
        self._description = description
        self._loop: EventLoop | None = None
        self._calls: AsyncCalls | None = None
        self._is_open = False

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        description = self._description
        self._now_ns = context.clock.monotonic_ns
        self._loop = loop = EventLoop(self._now_ns)
        policy = self.info.node.row_error
        rate = description.calls_per_second
        self._queue = CallQueue(
            is_ordered=description.is_ordered,
            capacity=description.capacity,
            timeout_ns=description.timeout_ms * MS,
            batch_size=description.batch_size,
            max_delay_ns=description.max_delay_ms * MS,
            calls_per_second=0.0 if rate is None else rate / context.parallelism,
            error_action=policy.action,
            error_tag=policy.tag,
        )
        func = description.func
        is_object = isinstance(func, Function)
        if is_object:
            runtime_context = _AsyncContext(context, self.info, None)
            loop.run(self._call(func.open, runtime_context))
        self._is_open = True
        self._calls = AsyncCalls(
            self._queue,
            description.kind,
            getattr(func, METHOD_OF_KIND[description.kind]) if is_object else func,
            now_ns=self._now_ns,
            make_task=loop.make_task,
            sleep=asyncio.sleep,
            cancelled_error=asyncio.CancelledError,
            time_out=self._time_out,
            make_error=partial(_explained, self.info),
            make_row_error=make_row_error,
            retry=description.strategy,
            converter=None if description.kind == "filter" else converter_of(self._output_type),
            needs_fix=not context.is_object_reuse,
        )

    def offer(self, element: Arrival) -> Batch | None:
        if isinstance(element, Batch):
            self.rows_in += element.num_rows
            # rows may wait for room for long
            batch = retain(element)
            self._queue.load(batch.objects(), batch.times, batch.marks)
        elif isinstance(element, Watermark):
            self._queue.pass_watermark(element.time_ms)
        elif isinstance(element, (StatusChange, EndOfInput)):
            self._queue.pass_element(element, is_last=isinstance(element, EndOfInput))
        elif isinstance(element, InputBatch):
            raise NotImplementedError(f"{type(self).__name__} has one input")
        self._look_for_work()
        return None

    def step(self, deadline_ns: int) -> None:
        calls, loop = self._opened()
        if calls.start(deadline_ns):
            loop.step(deadline_ns)
        status = calls.collect(self._max_rows)
        self.outbox.extend(calls.take_side())
        batch = calls.take()
        if batch is not None:
            self.emit(batch)
        watermark_ms = calls.take_watermark()
        if watermark_ms is not None and self.hands_time_on:
            self.emit(Watermark(watermark_ms))
        if status == FAILED and not self.outbox:
            raise self._queue.take_failure()
        # after the rows before it
        element = self._queue.take_element()
        if element is not None:
            self.emit(element)
        self._look_for_work()

    def look_outside(self, deadline_ns: int) -> bool:
        calls, loop = self._opened()
        # calls are begun while results wait for room as well; their number is bounded
        has_happened = calls.start(deadline_ns) > 0
        has_happened |= loop.step(deadline_ns)
        has_happened |= calls.expire() > 0
        self._look_for_work()
        return has_happened

    @property
    def is_waiting(self) -> bool:  # type: ignore[override]
        return self.is_busy and not (
            self._queue.has_output() or self._queue.may_call(self._now_ns())
        )

    @property
    def waits_outside(self) -> bool:
        return not self._queue.is_empty

    def wake_up_fd(self) -> int | None:
        return self._opened()[1].fileno()

    def next_wake_up_ns(self) -> int | None:
        due_ns = self._opened()[1].next_due_ns()
        queue_ns = self._queue.next_wake_up_ns(self._now_ns())
        if due_ns is None or queue_ns is None:
            return queue_ns if due_ns is None else due_ns
        return min(due_ns, queue_ns)

    def close(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        try:
            loop.cancel(call.task for call in self._queue.abandon())
            func = self._description.func
            if self._is_open and isinstance(func, Function):
                loop.run(self._call(func.close))
        finally:
            loop.close()

    @property
    def _output_type(self) -> Any:
        return self.info.node.output_type

    def _opened(self) -> tuple[AsyncCalls, EventLoop]:
        assert self._calls is not None
        assert self._loop is not None
        return self._calls, self._loop

    def _look_for_work(self) -> None:
        """Say whether more can be taken: not while rows wait for room, or results to leave."""
        queue = self._queue
        may_call = queue.may_call(self._now_ns())
        self.is_busy = queue.has_waiting_rows or may_call or queue.has_output()

    async def _call(self, method: Any, *arguments: Any) -> None:
        """Call `open` or `close`; they may be coroutines (PyFlink's are not)."""
        try:
            made = method(*arguments)
            if inspect.isawaitable(made):
                await made
        except Exception as error:
            raise make_error(self.info, error, NO_ROW, None, None) from error

    def _time_out(self, call: Call) -> Any:
        """Ask the function for the results of a call that took too long."""
        func = self._description.func
        if isinstance(func, AsyncFunction) and type(func).timeout is not AsyncFunction.timeout:
            return func.timeout(call.rows[0].value)
        times = "" if call.attempts == 1 else f" in {call.attempts} attempts"
        place = _waiting_place(call.coroutine)
        where = f", which waits{place}" if place else ""
        remedy = "override timeout(self, value)" if isinstance(func, AsyncFunction) else "limit it"
        raise TimeoutError(
            f"no result within {self._description.timeout_ms} ms{times} from "
            f"{_function_name(func)}{where}; raise the time-out, or {remedy}"
        )


def _explained(
    info: OperatorInfo, error: BaseException, value: Any, timestamp_ms: int | None
) -> Exception:
    return make_error(info, error, value, None, timestamp_ms)


def _function_name(func: Any) -> str:
    named = type(func) if isinstance(func, Function) else func
    return str(getattr(named, "__qualname__", named))


def _waiting_place(coroutine: Any) -> str:
    """` at file:line in function` of the innermost frame of the user's that a coroutine is in."""
    place = ""
    for frame in _frames(coroutine):
        code = frame.f_code
        if not code.co_filename.startswith((ENGINE_FOLDER, ASYNCIO_FOLDER)):
            place = f" at {code.co_filename}:{frame.f_lineno} in {code.co_name}"
    return place


def _frames(awaited: Any) -> Iterator[Any]:
    """Yield the frames of a coroutine and of what it waits for."""
    while awaited is not None:
        for kind in ("cr", "gi", "ag"):
            frame = getattr(awaited, f"{kind}_frame", None)
            if frame is not None:
                yield frame
                awaited = getattr(awaited, f"{kind}_await", None) or getattr(
                    awaited, f"{kind}_yieldfrom", None
                )
                break
        else:
            return
