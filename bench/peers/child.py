"""One engine in a process of its own, asked line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import flinkette

__all__ = ["Child", "ChildError"]

ENGINES = Path(__file__).parent / "engines"


class ChildError(Exception):
    """An engine ended, or did not answer in time."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name} {text}")
        self.name = name


class Child:
    """A started engine; leave it as a context manager to end it.

    Parameters
    ----------
    name : str
        What error messages call it.
    command : list of str
        The program; the request follows as JSON.
    request : dict
        job, rows, keys, threads, mode.
    timeout_s : float
        How long one answer may take; then the process and what it started are ended.
    """

    def __init__(
        self, name: str, command: list[str], request: dict[str, Any], timeout_s: float = 300.0
    ) -> None:
        self.name = name
        self._timeout_s = timeout_s
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(flinkette.__file__).parent.parent),
            "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ["PATH"]]),
        }
        started = time.perf_counter()
        self._process = subprocess.Popen(
            [*command, json.dumps(request)],
            cwd=ENGINES,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._errors: list[str] = []
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.hello = self._answer()
        self.start_s = time.perf_counter() - started

    def check(self, rows: int) -> dict[str, int]:
        """Run the job over the first rows; return number, total and checksum of its results."""
        return self._ask(do="check", rows=rows)

    def run(self, rows: int) -> dict[str, Any]:
        """Run the job and discard the results: `wall_s`, `cpu_s`, `results`, where known."""
        return self._ask(do="run", rows=rows)

    def close(self) -> None:
        """End the process and what it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the empty answer below says what it wrote before it ended
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        watch = threading.Timer(self._timeout_s, self._kill)
        watch.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            self.close()
            last = "".join(self._errors[-15:])
            raise ChildError(self.name, f"ended or took over {self._timeout_s:.0f} s:\n{last}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as errors:
            for line in errors:
                self._errors.append(line)

    def _kill(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait()
