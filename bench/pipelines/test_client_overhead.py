"""A program built in Python beside C++ that runs the same kernels on the same batches, CPU time."""

from __future__ import annotations

from typing import Any

import pytest

from bench.native.driver import Driver, NoCompiler, kernels
from bench.pipelines.jobs import Job, check, run
from bench.turns import MOST_ROWS, Took

KERNEL = "job_1k"


@pytest.mark.timeout(300)
def test_client_overhead(time_turns: Any, benchmark: Any) -> None:
    try:
        driver = Driver()
    except NoCompiler as reason:
        pytest.skip(str(reason))
    job = Job()
    check([job])
    driver_rows = kernels()[KERNEL]
    rows = 10_000 if benchmark.disabled else min(driver_rows, MOST_ROWS)

    def run_driver() -> Took:
        took = driver.time(KERNEL)
        return Took(took.wall_ns / 1e9, took.cpu_ns / 1e9)

    with driver:
        points = {"flinkette": lambda: run(job, rows), "C++ driver": run_driver}
        time_turns(points, rows={"flinkette": rows, "C++ driver": driver_rows})
