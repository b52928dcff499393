"""Memory of a long job stays where it was; the long form is `python -m bench.soak`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[3] / "bench" / "soak.py"


@pytest.mark.slow
@pytest.mark.stopwatch  # memory under a sanitizer is its quarantine, as times are its own
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/statm")
def test_ten_million_rows_through_a_keyed_window_leave_the_memory_as_it_was(run_python):
    done = run_python(
        str(SOAK), "--rows", "10000000", "--limit-mib", "16", check=False, timeout_s=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("MiB") >= 10
