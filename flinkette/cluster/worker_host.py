"""The workers of one job attempt on this host: a pool, and a thread that listens to it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flinkette.cluster.dependencies import Dependencies
from flinkette.cluster.job_messages import (
    ForHost,
    FromHost,
    HostPlan,
    KillWorker,
    TellWorker,
    WorkerGone,
    WorkerSaid,
)
from flinkette.cluster.messages import Closed, Committed, Deploy, Listen, Listening
from flinkette.cluster.payload import payload_of
from flinkette.cluster.worker_pool import Lost, WorkerPool, fork_server
from flinkette.contracts.config import Configuration
from flinkette.plan.execution_graph import Channel, SubtaskId

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.cluster.messages import ToWorker
    from flinkette.cluster.worker_network import WorkerNetwork

__all__ = ["WorkerHost"]

WAIT_S = 60.0
STOP_TIMEOUT_S = 5.0


class WorkerHost:
    """Starts workers and carries messages; `tell` and `stop` may come from any thread.

    Parameters
    ----------
    plan : bytes
        A `HostPlan`.
    network : WorkerNetwork
        Where workers listen.
    on_message : callable
        Called by the host's thread with what workers say, encoded `FromHost`.
    on_end : callable
        Called once by the host's thread, with a reason, when no worker is left.
    """

    def __init__(
        self,
        plan: bytes,
        network: WorkerNetwork,
        on_message: Callable[[bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._network = network
        self._on_message = on_message
        self._on_end = on_end
        self._orders: deque[bytes] = deque()
        self._alive: set[int] = set()
        self._pool: WorkerPool | None = None
        self._must_stop = threading.Event()
        self._lock = threading.Lock()
        self._lost: set[int] = set()
        self._dependencies = Dependencies([])
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(ForHost).decode
        self._thread = threading.Thread(target=self._run, name="flinkette workers", daemon=True)
        self._thread.start()

    def tell(self, payload: bytes) -> None:
        """Hand over an encoded `ForHost`."""
        self._orders.append(payload)
        self._wake()

    def stop(self) -> None:
        """End the workers; `on_end` follows."""
        self._must_stop.set()
        self._wake()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _wake(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.doorbell.ring()

    def _run(self) -> None:
        reason = ""
        try:
            plan = msgspec.msgpack.decode(self._plan, type=HostPlan)
            self._plan, self._alive = b"", set(plan.workers)
            self._dependencies = Dependencies.prepare(Configuration.from_dict(plan.dependencies))
            pool = WorkerPool(plan.workers, payload_of(plan.program))
            with self._lock:
                self._pool = pool
            try:
                self._join(pool, plan)
                while self._alive and not self._must_stop.is_set():
                    self._obey(pool)
                    self._listen(pool)
            finally:
                with self._lock:
                    self._pool = None
                self._end(pool)
        except Exception as error:
            reason = f"the workers could not be started: {error}"
            for worker in sorted(self._alive):
                self._say(WorkerGone(worker, reason))
        self._dependencies.remove()
        self._on_end(reason)

    def _join(self, pool: WorkerPool, plan: HostPlan) -> None:
        channels, placement = [], {}
        for each in plan.channels:
            sender = SubtaskId(each.sender_vertex, each.sender_index)
            receiver = SubtaskId(each.receiver_vertex, each.receiver_index)
            placement[sender], placement[receiver] = each.sender_worker, each.receiver_worker
            channels.append(Channel(each.edge, sender, receiver))
        pool.join(channels, placement, plan.ring_bytes)

    def _at_home(self, message: ToWorker) -> ToWorker:
        """Fill in where things are on this host."""
        if isinstance(message, Listen):
            endpoint = self._network.endpoint(is_encrypted=message.keys is not None)
            return msgspec.structs.replace(message, endpoint=endpoint)
        if not isinstance(message, Deploy):
            return message
        folder = self._dependencies.folder or message.folder
        return msgspec.structs.replace(
            message,
            folder=folder if Path(folder).is_dir() else str(Path.cwd()),
            environment=dict(os.environ),
            import_path=[*self._dependencies.import_path, *message.import_path],
        )

    def _obey(self, pool: WorkerPool) -> None:
        while self._orders:
            order = self._decode(self._orders.popleft())
            if isinstance(order, TellWorker):
                pool.send(order.worker, self._at_home(order.message))
            elif isinstance(order, KillWorker):
                pool.kill(order.worker)
            else:
                self._release(pool, order.worker)

    def _listen(self, pool: WorkerPool) -> None:
        # an order that came after `_obey` has rung the doorbell: this returns at once
        for worker, message in pool.receive(0 if self._orders else WAIT_S):
            if isinstance(message, Lost):
                self._alive.discard(worker)
                self._lost.add(worker)
                self._say(WorkerGone(worker, message.text))
                continue
            if isinstance(message, (Committed, Closed)):
                # its last word: what comes next is the end of its process, which is in order
                self._release(pool, worker)
            elif isinstance(message, Listening):
                message = Listening([self._network.told(each) for each in message.addresses])
            self._say(WorkerSaid(worker, message))

    def _release(self, pool: WorkerPool, worker: int) -> None:
        pool.release(worker)
        self._alive.discard(worker)

    def _say(self, message: FromHost) -> None:
        self._on_message(self._encode(message))

    def _end(self, pool: WorkerPool) -> None:
        """Let go of the workers, wait until their processes are gone, kill who takes long."""
        processes = [
            process for worker, process in pool.processes.items() if worker not in self._lost
        ]
        pool.close()
        deadline_s = time.monotonic() + STOP_TIMEOUT_S
        for process in processes:
            left_s = max(0.0, deadline_s - time.monotonic())
            if fork_server().status_of(process, left_s) is None:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                fork_server().status_of(process, STOP_TIMEOUT_S)
