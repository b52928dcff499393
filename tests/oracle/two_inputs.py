"""Jobs over two streams of rows (key, ts, value) that come in runs of one side, and their oracle's.

Every run is worked through before the next one comes, so that the order between the sides is known;
watermarks follow from the named field ``ts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from flinkette.common import Duration, Row, WatermarkStrategy
from oracle.oracle import MIN
from oracle.watermark_rule import watermarks_after
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEYS", "TwoInputJob", "results_of", "two_input_jobs", "watermarks"]

KEYS = ["a", 1, 1.0, None, ("b", 2)]


class TwoInputJob(NamedTuple):
    """Rows of two sides, each (side, key, ts, value), in runs; values count the rows."""

    runs: tuple[tuple[tuple[int, Any, int, int], ...], ...]
    bound: int
    interval: int
    batch_rows: int
    parallelism: int
    is_row: bool
    """Rows are Rows, else tuples."""

    @property
    def rows(self) -> list[tuple[int, Any, int, int]]:
        """All rows, in the order they come."""
        return [row for run in self.runs for row in run]


@st.composite
def two_input_jobs(draw: st.DrawFn) -> TwoInputJob:
    spread = draw(st.sampled_from([0, 10, 40]))
    start = draw(st.sampled_from([0, -60]))
    lengths = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6)), max_size=12))
    draws = st.tuples(st.integers(0, draw(st.sampled_from([0, 1, 4]))), st.integers(0, 5))
    at, count, runs = start, 0, []
    for side, length in lengths:
        run = []
        for key, ahead in draw(st.lists(draws, min_size=length, max_size=length)):
            at += ahead
            time = at - (draw(st.integers(0, spread)) if spread else 0)
            run.append((side, KEYS[key], time, count))
            count += 1
        runs.append(tuple(run))
    return TwoInputJob(
        tuple(runs),
        bound=draw(st.sampled_from([0, 3, 20])),
        interval=draw(st.sampled_from([1, 5, 20])),
        batch_rows=draw(st.sampled_from([1, 2, 8192])),
        parallelism=draw(st.sampled_from([1, 3])),
        is_row=draw(st.booleans()),
    )


def watermarks(job: TwoInputJob) -> list[int]:
    """Return the watermark of both sides after each row: the smaller of the two."""
    told, places, after = [MIN, MIN], [0, 0], []
    of_side = [
        watermarks_after([ts for at, _, ts, _ in job.rows if at == side], job.bound, job.interval)
        for side in (0, 1)
    ]
    for side, *_ in job.rows:
        told[side] = of_side[side][places[side]]
        places[side] += 1
        after.append(min(told))
    return after


def results_of(
    job: TwoInputJob,
    build: Callable[[Any, Any], Any],
    shape: Callable[[Any], Any] | None = None,
    row_type: Any = None,
) -> list[Any]:
    """Return what `build(first, second)` hands to a sink, in order.

    `shape` makes the rows of both streams of Row(key, ts, value), `row_type` is what they are then.
    """
    if shape is None:
        shape = _same if job.is_row else tuple
    env = environment(
        job.parallelism,
        flinkette_batch_rows=job.batch_rows,
        pipeline_auto__watermark__interval=f"{job.interval} ms",
    )
    feeds, sink = [Feed(), Feed()], MemorySink()
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.bound))
    streams = []
    for feed in feeds:
        stamped = stream_of(env, feed, strategy.with_timestamp_assigner("ts"))
        # one subtask up to key_by: rows reach those behind it in one order
        as_given = stamped.map(shape, row_type).set_parallelism(1)
        streams.append(as_given)
    build(*streams).sink_to(sink)
    run = Run(env)
    for rows in job.runs:
        for side, key, ts, value in rows:
            feeds[side].rows.append(Row(key=key, ts=ts, value=value))
        run.settle()
    for feed in feeds:
        feed.rows.append(None)
    run.finish()
    return sink.rows


def _same(row: Any) -> Any:
    return row
