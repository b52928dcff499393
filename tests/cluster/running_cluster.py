"""A cluster of real processes on a free port, for tests; nothing of it is left afterwards."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import flinkette

PATIENCE_S = 40.0
Done = subprocess.CompletedProcess


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def eventually(holds, what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.05)


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@dataclass
class RunningCluster:
    """The command line of one cluster."""

    folder: Path
    port: int
    settings: list[str] = field(default_factory=list)
    host: str = "localhost"
    prefix: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        package_parent = str(Path(flinkette.__file__).parent.parent)
        home = {"HOME": str(self.folder), "PYTHONPATH": package_parent, "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **home}

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "flinkette", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str) -> Done[str]:
        process = self.begin(*arguments)
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{arguments} did not end\n{out}{err}") from None
        return Done(arguments, process.returncode, out, err)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a command on this cluster and return what it printed."""
        done = self.call(*arguments, *self.where(arguments))
        assert done.returncode == code, (
            f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout + done.stderr

    def where(self, arguments: tuple[str, ...]) -> list[str]:
        address = [f"-Djobmanager.rpc.address={self.host}", f"-Djobmanager.rpc.port={self.port}"]
        return [] if arguments[0] == "run" else [*address, *self.settings]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a job on this cluster."""
        return self("run", *self._target, *arguments, code=code)

    def begin_run(self, *arguments: str) -> subprocess.Popen[str]:
        return self.begin("run", *self._target, *arguments)

    @property
    def _target(self) -> list[str]:
        return ["-m", f"{self.host}:{self.port}", *self.settings]

    def job(self, text: str, name: str = "job.py") -> str:
        file = self.folder / name
        file.write_text(text)
        return str(file)

    def processes(self) -> dict[str, int]:
        """Process ids: of the JobManager, and of task managers by name."""
        status = self("cluster", "status")
        (manager,) = re.findall(r"^JobManager .*?process (\d+)", status, re.MULTILINE)
        hosts = re.findall(r"^  (\S+)  \S+  process (\d+)  ", status, re.MULTILINE)
        return {"JobManager": int(manager), **{name: int(number) for name, number in hosts}}

    def states(self) -> list[str]:
        """Return states of all jobs, oldest first."""
        status = self("cluster", "status")
        return re.findall(r"^  [0-9a-f]{32}  \S+  (\w+)  ", status, re.MULTILINE)

    def wait_for_states(self, *states: str) -> None:
        eventually(lambda: self.states() == list(states), f"{states}")


@contextmanager
def running_cluster(
    folder: Path, task_managers: int, slots: int, *settings: str
) -> Iterator[RunningCluster]:
    cluster = RunningCluster(folder, free_port(), list(settings))
    count = ("--taskmanagers", str(task_managers), "--slots", str(slots))
    cluster("cluster", "start", *count, "--log-dir", str(folder / "log"))
    processes = cluster.processes()
    try:
        yield cluster
    except BaseException:
        for log in sorted((folder / "log").iterdir()):
            print(f"== {log.name}\n{log.read_text()}")
        raise
    finally:
        cluster.call("cluster", "stop", *cluster.where(("cluster",)))
        eventually(lambda: not any(map(lives, processes.values())), "every process has ended")
