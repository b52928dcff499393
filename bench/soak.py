"""Memory over a long run: `python -m bench.soak --rows 1000000000` prints samples of the RSS.

A reader lends the same columns again and again, with times and keys moved on: keys come and go, as
they do in a job that runs for months. They go through a keyed window of built-in aggregates into a
blackhole. The run fails when the memory has grown since its first tenth.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from flinkette._native import debug
from flinkette.common import Time, WatermarkStrategy
from flinkette.contracts.source import Source
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.aggregations import Count, Sum
from flinkette.ext.sinks import BlackholeSink
from flinkette.ext.sources import ArrowSource

ROWS_PER_MS = 10
BATCH_ROWS = 1 << 16
NEW_KEYS_PER_BATCH = 8
SCHEMA = pa.schema([("key", pa.int64()), ("at", pa.int64()), ("v", pa.int64())])
MIB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """State of the process when `rows` rows were read."""

    rows: int
    seconds: float
    rss_bytes: int
    native_objects: int

    def __str__(self) -> str:
        rate = self.rows / self.seconds / 1e6 if self.seconds else 0.0
        return (
            f"{self.rows:>15,} rows {self.seconds:>8.1f} s {rate:>8.2f} M rows/s "
            f"{self.rss_bytes / MIB:>9.1f} MiB {self.native_objects:>7,} native objects"
        )


def rss_bytes() -> int:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def soak(
    rows: int, num_keys: int, num_samples: int, report: Callable[[Sample], object] = print
) -> list[Sample]:
    """Run `rows` rows through a keyed window; return the samples taken on the way."""
    samples: list[Sample] = []
    sink = BlackholeSink()
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    started = time.monotonic()

    def sample(rows_read: int) -> None:
        gc.collect()
        seconds = time.monotonic() - started
        samples.append(Sample(rows_read, seconds, rss_bytes(), sum(debug.live().values())))
        report(samples[-1])

    source = generated(rows, num_keys, max(1, rows // num_samples), sample)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("at")
    stream = env.from_source(source, strategy, "generated")
    windows = stream.key_by("key").window(TumblingEventTimeWindows.of(Time.seconds(10)))
    windows.aggregate(Sum("v"), Count(), with_key=True, with_window=True).sink_to(sink)
    env.execute("soak")
    sample(rows)
    assert sink.num_rows > 0, "no window fired"
    return samples


def generated(
    rows: int, num_keys: int, rows_per_sample: int, sample: Callable[[int], None]
) -> Source:
    """Make a source of `rows` rows whose columns are made again for each batch."""
    order = np.arange(BATCH_ROWS, dtype=np.int64)
    keys, times = order * 2654435761 % num_keys, order // ROWS_PER_MS
    ones = pa.array(np.ones(BATCH_ROWS, dtype=np.int64))

    def batches() -> Iterator[pa.RecordBatch]:
        next_sample = rows_per_sample
        for number, start in enumerate(range(0, rows, BATCH_ROWS)):
            if start >= next_sample:
                sample(start)
                next_sample += rows_per_sample
            columns = [
                pa.array(keys + number * NEW_KEYS_PER_BATCH),
                pa.array(times + start // ROWS_PER_MS),
                ones,
            ]
            batch = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
            yield batch.slice(0, min(BATCH_ROWS, rows - start))

    return ArrowSource(pa.RecordBatchReader.from_batches(SCHEMA, batches()))


def growth_bytes(samples: list[Sample]) -> int:
    """Largest RSS of the second half over the RSS after the first tenth of the rows."""
    rows = samples[-1].rows
    settled = next(each for each in samples if each.rows * 10 >= rows)
    later = [each.rss_bytes for each in samples if each.rows * 2 >= rows]
    return max(later) - settled.rss_bytes


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000_000)
    parser.add_argument("--keys", type=int, default=1_000, help="keys alive at a time")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--limit-mib", type=float, default=16.0, help="growth that is no leak")
    arguments = parser.parse_args()
    growth_mib = growth_bytes(soak(arguments.rows, arguments.keys, arguments.samples)) / MIB
    is_flat = growth_mib <= arguments.limit_mib
    print(f"grown by {growth_mib:.1f} MiB since the first tenth: {'flat' if is_flat else 'A LEAK'}")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
