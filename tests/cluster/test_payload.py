"""A program on its way to workers: whole, its tables mapped, or a clear error."""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

import flinkette
from flinkette.cluster.payload import load_payload, make_payload, make_program, payload_of
from flinkette.contracts.errors import JobExecutionError
from flinkette.plan.job_graph import JobGraph

EMPTY = JobGraph((), ())
OUTSIDE = """
from dataclasses import dataclass

@dataclass
class Pair:
    left: int
    right: int

def double(value):
    return Pair(value, 2 * value)
"""
LOADS_AND_CALLS = """
import pickle, sys
from flinkette.cluster.payload import load_payload
function = load_payload(int(sys.argv[1]))[1]
print(pickle.loads(pickle.dumps(function(21))), sys.argv[2] in sys.modules)
"""


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_buffers_come_back_as_memory_that_may_be_written() -> None:
    numpy = pytest.importorskip("numpy")
    settings = {"small": "text", "arrays": [numpy.arange(1000 + size) for size in range(3)]}
    descriptor = make_payload(EMPTY, settings)
    try:
        copies = [load_payload(descriptor)[1] for _ in range(2)]
    finally:
        os.close(descriptor)
    for each in copies:
        assert each["small"] == "text"
        assert [array.tolist() for array in each["arrays"]] == [
            array.tolist() for array in settings["arrays"]
        ]
    copies[0]["arrays"][0][0] = 99
    assert copies[1]["arrays"][0][0] == 0


def test_too_little_memory_is_named_and_nothing_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = open_descriptors()
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(JobExecutionError, match=r"MiB\) do not fit .*No space left.*--workers 1"):
        make_payload(EMPTY, b"x" * (3 << 20))
    assert open_descriptors() == before


def test_a_program_in_a_message_is_the_same_as_in_memory() -> None:
    numpy = pytest.importorskip("numpy")
    settings = [numpy.arange(100), "text"]
    descriptor = payload_of(make_program(EMPTY, settings))
    try:
        array, text = load_payload(descriptor)[1]
    finally:
        os.close(descriptor)
    assert (array.tolist(), text) == (list(range(100)), "text")


@pytest.mark.parametrize("name", ["outside", "far.away.outside"])
def test_modules_that_workers_cannot_import_travel_by_value(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "elsewhere.py"
    file.write_text(OUTSIDE)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    descriptor = make_payload(EMPTY, module.double)
    package_parent = str(Path(flinkette.__file__).parent.parent)
    try:
        done = subprocess.run(
            [sys.executable, "-c", LOADS_AND_CALLS, str(descriptor), name],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": package_parent},
            pass_fds=[descriptor],
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        os.close(descriptor)
    assert done.stdout == "Pair(left=21, right=42) True\n"
    assert name not in cloudpickle.list_registry_pickle_by_value()
