"""A fresh process that has imported the engine and forks workers: a start costs milliseconds.

It has one thread, so that a fork is safe (contract 33): libraries are imported in an environment
in which they make none (`WITHOUT_THREADS` in worker_pool.py). When its client goes away it ends its
workers and itself.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.cluster.link import Link, LinkClosedError, wait_for
from flinkette.cluster.messages import Died, Fork, Forked
from flinkette.cluster.worker_process import run_worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["main"]

PRELOADED = (
    "cloudpickle",
    "ctypes",
    "flinkette.connectors.arrow",
    "flinkette.connectors.blackhole",
    "flinkette.connectors.collection",
    "flinkette.connectors.number_sequence",
    "flinkette.connectors.print",
    "flinkette.contracts.aggregates",
    "flinkette.contracts.cumulative_windows",
    "flinkette.contracts.watermark_strategy",
    "flinkette.datastream",
    "flinkette.exchange.combining",
    "flinkette.plan.combining",
    "flinkette.plan.job_graph",
    "flinkette.runtime.operators.key_by_field",
    "flinkette.runtime.operators.map_batches",
    "flinkette.runtime.operators.running",
    "flinkette.runtime.operators.shared_windows",
    "flinkette.runtime.operators.sink",
    "flinkette.runtime.operators.slice_window",
    "flinkette.runtime.operators.source",
    "flinkette.runtime.operators.timestamps",
    "flinkette.runtime.operators.window",
)
"""By name: what users import stands above this package. None of them makes a thread."""
GRACE_S = 1.0
"""Workers whose client is gone may close their sinks for so long."""


def main(descriptor: int, libraries: Sequence[str]) -> None:
    """Serve the client at the other end of a socket until it is gone.

    Parameters
    ----------
    descriptor : int
        An end of a Unix socket pair.
    libraries : sequence of str
        Other modules that workers will need, the last arguments of this process's command line.
    """
    _preload(libraries)
    wakeup, on_signal = socket.socketpair()
    wakeup.setblocking(False)
    on_signal.setblocking(False)
    signal.set_wakeup_fd(on_signal.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _ignore)
    link: Link[Fork] = Link(socket.socket(fileno=descriptor), Fork)
    children: set[int] = set()
    try:
        while True:
            wait_for([(link, False)], 0.5 if children else 3600.0, extra=(wakeup.fileno(),))
            _drain(wakeup)
            for process, status in _reap(children):
                link.send(Died(process, status))
            for message, descriptors in link.receive():
                process = _fork(descriptors[0], link, wakeup, on_signal)
                os.close(descriptors[0])
                children.add(process)
                link.send(Forked(message.worker, process))
    except LinkClosedError:
        pass
    finally:
        _end(children)


def _preload(libraries: Sequence[str]) -> None:
    """Import what every worker needs, so that it is there when one is forked."""
    for name in PRELOADED:
        import_module(name)
    for name in libraries:
        with suppress(ImportError):  # whoever needs it will say so
            import_module(name)
    if libraries and _num_threads() > 1:
        # the libraries are not such that this process could be forked: begin again without them
        os.execv(sys.executable, sys.orig_argv[: -len(libraries)])  # noqa: S606
    # imported modules live as long as a worker: its garbage collector need not visit them, which
    # would take time and make each worker copy the pages they lie in
    gc.collect()
    gc.freeze()


def _num_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir())) if sys.platform == "linux" else 1


def _fork(link_end: int, link: Link[Fork], wakeup: socket.socket, on_signal: socket.socket) -> int:
    assert _num_threads() == 1, "the fork server has a second thread"
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        wakeup.close()
        on_signal.close()
        link.close()
        code = run_worker(link_end)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the wake-up descriptor is what a signal is for."""


def _reap(children: set[int]) -> list[tuple[int, int]]:
    ended = []
    for process in tuple(children):
        reaped, status = os.waitpid(process, os.WNOHANG)
        if reaped:
            children.discard(process)
            ended.append((process, status))
    return ended


def _end(children: set[int]) -> None:
    """Wait for the workers, who see by themselves that the client is gone; kill who takes long."""
    deadline = time.monotonic() + GRACE_S
    while children and time.monotonic() < deadline:
        _reap(children)
        time.sleep(0.005)
    for process in children:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _drain(wakeup: socket.socket) -> None:
    try:
        while wakeup.recv(4096):
            pass
    except BlockingIOError:
        return
