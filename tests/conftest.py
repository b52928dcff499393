"""What every test may use: hypothesis profiles, a Python of its own, and the leak check."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import flinkette
from flinkette.datastream.launch_options import set_launch_options

# A shared machine stalls now and then; a deadline per example would report that as a failure.
settings.register_profile(
    "dev", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=200, derandomize=False, print_blob=True
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if "CI" in os.environ else "dev")
)

SPREAD = {"flinkette.slot-sharing.enabled": "false", "pipeline.operator-chaining.enabled": "false"}
"""Every operator has a slot of its own, so that also programs of parallelism 1 need two workers."""
RUNS_ON = {
    "in_process": {"flinkette.execution.workers": "1"},
    "two_workers_ring": {"flinkette.execution.workers": "2", **SPREAD},
    "two_workers_zmq": {
        "flinkette.execution.workers": "2",
        "flinkette.exchange.transport": "zmq",
        **SPREAD,
    },
}
"""What the programs of a test run on unless they say it themselves."""
set_launch_options(RUNS_ON["in_process"])

# A shell lets what it starts in the background ignore Ctrl-C, and that is inherited: here and in
# the programs under test it must arrive.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_report_header() -> str:
    """Say which flinkette is under test: the installed one or the one built in place."""
    return f"flinkette: {Path(flinkette.__file__).parent}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `pipeline` on everything there is: the rows must be the same."""
    if metafunc.definition.get_closest_marker("pipeline") is not None:
        metafunc.parametrize("runs_on", RUNS_ON, indirect=True, scope="function")


def one_of_workers(name: str) -> str:
    """Choose what a test runs on besides the process; the same in every run."""
    on_workers = [each for each in RUNS_ON if each != "in_process"]
    return on_workers[zlib.crc32(name.encode()) % len(on_workers)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most of what runs on workers, unless FLK_TEST_RUNS_ON=all: a job takes 0.1 s there.

    Of a function with parameters the first ones stay. FLK_TEST_RUNS_ON=one leaves each function one
    of the two kinds of channels, always the same.
    """
    choice = os.environ.get("FLK_TEST_RUNS_ON", "both")
    if choice not in ("one", "both", "all"):
        raise pytest.UsageError(f"FLK_TEST_RUNS_ON={choice}: expected one, both or all")
    if choice == "all":
        return
    seen: set[tuple[Any, str]] = set()
    left_out: list[pytest.Item] = []
    for item in items:
        runs_on = item.callspec.params.get("runs_on") if hasattr(item, "callspec") else None
        if runs_on in RUNS_ON and runs_on != "in_process":
            place = (item.parent, item.originalname, runs_on)
            is_other = choice == "one" and runs_on != one_of_workers(item.originalname)
            (left_out if is_other or place in seen else []).append(item)
            seen.add(place)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        dropped = set(left_out)
        items[:] = [item for item in items if item not in dropped]


@pytest.fixture(scope="module")
def fork_server_of_the_module() -> Iterator[None]:
    """Keep the process that forks workers from the first test that needs it to the last."""
    from flinkette.cluster.worker_pool import close_fork_server, fork_server

    fork_server()
    yield
    close_fork_server()


@pytest.fixture(autouse=True)
def runs_on(request: pytest.FixtureRequest) -> Iterator[str]:
    """Say what programs run on; in the process of the test if nobody does."""
    name: str = getattr(request, "param", "in_process")
    if name != "in_process":
        # before the leak check counts processes
        request.getfixturevalue("fork_server_of_the_module")
    set_launch_options(RUNS_ON[name])
    yield name
    set_launch_options(RUNS_ON["in_process"])


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Run a Python of its own, outside the source tree, on the flinkette that is under test."""
    package_parent = str(Path(flinkette.__file__).parent.parent)

    def run(
        *arguments: str, check: bool = True, timeout_s: float = 50.0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": package_parent, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    return run


def open_files() -> Counter[str]:
    """Count what this process holds open, by what it is and not by its number."""
    folder = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
    found: Counter[str] = Counter()
    for entry in os.listdir(folder):  # noqa: PTH208  (the listing itself is an open file)
        try:
            target = str((folder / entry).readlink()) if sys.platform == "linux" else entry
        except OSError:  # closed since: the listing's own
            continue
        found[target.partition(":[")[0]] += 1
    return found


def child_processes() -> Counter[str]:
    found: Counter[str] = Counter()
    for children in Path("/proc/self/task").glob("*/children"):
        found.update(children.read_text().split())
    return found


def native_objects() -> Counter[str]:
    try:
        from flinkette._native import debug
    except ImportError:  # the counters come with their module
        return Counter()
    return Counter(debug.live())


def held() -> dict[str, Counter[str]]:
    gc.collect()
    return {
        "open files": open_files(),
        "threads": Counter(thread.name for thread in threading.enumerate()),
        "child processes": child_processes(),
        "native objects": native_objects(),
    }


@pytest.fixture
def no_leaks() -> Iterator[None]:
    """Fail the test when it leaves files, threads, processes or native objects behind.

    Ask for it by name, or with `pytestmark = pytest.mark.usefixtures("no_leaks")`. What ends by
    itself gets two seconds to do so.
    """
    before = held()
    yield
    deadline_s = time.monotonic() + 2.0
    while True:
        after = held()
        left = {kind: after[kind] - before[kind] for kind in after if after[kind] - before[kind]}
        if not left:
            return
        if time.monotonic() > deadline_s:
            pytest.fail(f"left behind: { ({kind: dict(found) for kind, found in left.items()}) }")
        time.sleep(0.01)
