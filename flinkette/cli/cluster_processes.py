"""The commands that are a JobManager or a TaskManager, or start and stop them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.client.cluster_client import ClusterClient, job_manager_address, keys_of
from flinkette.cluster.addresses import Address
from flinkette.cluster.keys import JOB_MANAGER
from flinkette.contracts import cluster_options as options
from flinkette.contracts.errors import ClusterError, ClusterTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flinkette.contracts.config import Configuration

__all__ = ["run_job_manager", "run_task_manager", "start_cluster", "stop_cluster"]

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.05


def run_job_manager(configuration: Configuration, say: Callable[[str], None]) -> None:
    """Be a JobManager until a signal comes or a client stops the cluster."""
    from flinkette.cluster.dispatcher_state import DispatcherOptions
    from flinkette.cluster.job_manager import JobManager
    from flinkette.cluster.resource_state import ResourceOptions

    address = job_manager_address(configuration)
    bind_host = configuration.get(options.JOB_MANAGER_BIND_HOST)
    if bind_host is not None and not address.path:
        address = Address(bind_host, address.port)
    _log_to_stderr()
    manager = JobManager(
        address,
        keys_of(configuration, JOB_MANAGER),
        DispatcherOptions(configuration.get(options.SLOT_REQUEST_TIMEOUT)),
        ResourceOptions(
            configuration.get(options.HEARTBEAT_INTERVAL),
            configuration.get(options.HEARTBEAT_TIMEOUT),
        ),
    )
    say(f"JobManager listens on {manager.address} (process {os.getpid()})")
    try:
        with _signals() as wakeup:
            manager.run(wakeup)
    finally:
        manager.close()


def run_task_manager(configuration: Configuration, say: Callable[[str], None]) -> None:
    """Be a TaskManager until a signal comes or the JobManager ends it."""
    from flinkette.cluster.task_manager import TaskManager
    from flinkette.cluster.task_manager_state import TaskManagerOptions
    from flinkette.cluster.worker_network import WorkerNetwork

    address = job_manager_address(configuration)
    slots = configuration.get(options.SLOTS)
    network = WorkerNetwork(
        address,
        configuration.get(options.TASK_MANAGER_HOST),
        configuration.get(options.TASK_MANAGER_BIND_HOST),
    )
    network.check()
    _log_to_stderr()
    manager = TaskManager(
        address,
        TaskManagerOptions(
            slots,
            configuration.get(options.HEARTBEAT_TIMEOUT),
            configuration.get(options.REGISTRATION_FIRST_RETRY),
            configuration.get(options.REGISTRATION_LONGEST_RETRY),
            configuration.get(options.REGISTRATION_TIMEOUT),
        ),
        keys_of(configuration),
        network,
    )
    say(f"TaskManager {manager.name} offers {slots} slots to the JobManager at {address}")
    try:
        with _signals() as wakeup:
            manager.run(wakeup)
    finally:
        manager.close()


def start_cluster(
    configuration: Configuration,
    settings: Mapping[str, str],
    logs: Path,
    say: Callable[[str], None],
) -> None:
    """Start a JobManager and task managers in the background and wait until they are there.

    Raises
    ------
    ClusterError
        If one of them ends, or does not register in time; shows the end of its log.
    """
    logs.mkdir(parents=True, exist_ok=True)
    given = [f"-D{key}={value}" for key, value in settings.items()]
    with ClusterClient(configuration) as client:
        try:
            status = client.status(0.5)
        except ClusterTimeoutError:
            status = None
        if status is not None:
            raise ClusterError(
                f"a JobManager (process {status.process}) runs at {client.address}; stop it with "
                "flinkette cluster stop, or choose another port with -Djobmanager.rpc.port=…"
            )
    started = [_start(["jobmanager", *given], logs / "jobmanager.log")]
    say(f"Starting JobManager, log {logs / 'jobmanager.log'}")
    count = configuration.get(options.TASK_MANAGERS)
    for number in range(1, count + 1):
        log = logs / f"taskmanager-{number}.log"
        started.append(_start(["taskmanager", *given], log))
        say(f"Starting TaskManager {number}, log {log}")
    try:
        _wait_for_cluster(configuration, started, count)
    except BaseException:
        for process, _ in started:
            process.terminate()
        raise
    say(f"Cluster is ready at {job_manager_address(configuration)}")


def stop_cluster(configuration: Configuration, say: Callable[[str], None]) -> None:
    """Stop the JobManager and its task managers and wait until they are gone."""
    with ClusterClient(configuration) as client:
        status = client.status()
        processes = {f"TaskManager {each.task_manager}": each for each in status.task_managers}
        client.stop_cluster()
        ours = socket.gethostname()
        names = {"JobManager": status.process}
        names.update({name: each.process for name, each in processes.items() if each.host == ours})
    deadline_s = time.monotonic() + STOP_TIMEOUT_S
    for name, process in names.items():
        while _is_alive(process):
            if time.monotonic() > deadline_s:
                raise ClusterError(f"{name} (process {process}) has not ended; kill it by hand")
            time.sleep(POLL_S)
        say(f"Stopped {name} (process {process})")


def _start(arguments: list[str], log: Path) -> tuple[subprocess.Popen[bytes], Path]:
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "flinkette", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process, log


def _wait_for_cluster(
    configuration: Configuration, started: list[tuple[subprocess.Popen[bytes], Path]], count: int
) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    with ClusterClient(configuration) as client:
        while time.monotonic() < deadline_s:
            for process, log in started:
                if process.poll() is not None:
                    raise ClusterError(
                        f"a process of the cluster ended with code {process.returncode}; the end "
                        f"of {log}:\n{_end_of(log)}"
                    )
            try:
                if len(client.status(0.5).task_managers) >= count:
                    return
            except ClusterTimeoutError:
                continue
            time.sleep(POLL_S)
    raise ClusterError(
        f"the cluster was not ready within {START_TIMEOUT_S:g} s; see the logs in "
        f"{started[0][1].parent}"
    )


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-15:])


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # a child of ours that ended and was not waited for is over, too
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state != "Z"


@contextmanager
def _signals() -> Iterator[int]:
    """Yield a descriptor that is readable after SIGINT or SIGTERM."""
    ours, theirs = os.pipe()
    for each in (ours, theirs):
        os.set_blocking(each, False)
    old = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    handlers = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.close(ours)
        os.close(theirs)


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr
    )
