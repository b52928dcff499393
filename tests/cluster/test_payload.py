"""A program on its way to workers: whole, its tables mapped, or a clear error."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from flinkette.cluster.payload import load_payload, make_payload, make_program, payload_of
from flinkette.contracts.errors import JobExecutionError
from flinkette.plan.job_graph import JobGraph

EMPTY = JobGraph((), ())


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
