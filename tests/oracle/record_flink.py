"""Run random window jobs on real PyFlink and store what they emit, to check the oracle itself.

    /tmp/flink/bin/python tests/oracle/record_flink.py FIRST_SEED LAST_SEED

A SQL source emits a watermark per row (pipeline.auto-watermark-interval 0), and bundles of one row
keep watermarks in their place between rows, so late rows are the same ones in every run. Results
go to recorded/jobs.json: {seed: {"pyflink": version, "results": [...], "late": [...]}}; results are
Python literals. Needs Java 17 and apache-flink.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from jobs import KEYS, random_job
from pipeline import build
from pyflink.common import Configuration, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import Schema, StreamTableEnvironment
from pyflink.version import __version__


def is_comparable(seed: int) -> bool:
    """Leave out what PyFlink gets wrong (docs/guide/differences.md) and what has no watermark."""
    job = random_job(seed)
    loses_values = job.is_session and job.function not in ("process", "apply")
    takes_equal_keys_for_one = job.key_type == "mixed"
    return bool(job.rows) and not (job.is_count or loses_values or takes_equal_keys_for_one)


def run(seed: int) -> dict:
    """Run the job of one seed at parallelism 1."""
    job = random_job(seed)
    configuration = Configuration()
    configuration.set_string("python.fn-execution.bundle.size", "1")
    configuration.set_string("pipeline.auto-watermark-interval", "0 ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    tables = StreamTableEnvironment.create(env)
    keys = [None] if job.is_all else KEYS[job.key_type]
    texts = [repr(key) for key in keys]
    rows = [(texts.index(repr(key)), time, value) for key, time, value in job.rows]
    names, types = ["k", "ms", "v"], [Types.INT(), Types.LONG(), Types.INT()]
    table = tables.from_data_stream(
        env.from_collection(rows, type_info=Types.ROW_NAMED(names, types)),
        Schema.new_builder()
        .column("k", "INT")
        .column("ms", "BIGINT")
        .column("v", "INT")
        .column_by_expression("t", "TO_TIMESTAMP_LTZ(ms, 3)")
        .watermark("t", f"t - INTERVAL '{(job.bound + 1) / 1000:.3f}' SECOND")
        .build(),
    )
    stamped = tables.to_data_stream(table)
    results = build(job, stamped, "pyflink", lambda row: keys[row[0]])
    with results.map(repr, output_type=Types.STRING()).execute_and_collect() as lines:
        return {"pyflink": __version__, "results": list(lines)}


def main() -> None:
    """Add the seeds that are not recorded yet."""
    # PyFlink starts its workers as `python`, and they need jobs.py and pipeline.py.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(HERE)
    path = HERE / "recorded" / "jobs.json"
    path.parent.mkdir(exist_ok=True)
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for seed in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
        if str(seed) in recorded or not is_comparable(seed):
            continue
        recorded[str(seed)] = run(seed)
        print(seed, len(recorded[str(seed)]["results"]), flush=True)
        path.write_text(json.dumps(recorded, indent=0) + "\n", encoding="utf-8")


main()
