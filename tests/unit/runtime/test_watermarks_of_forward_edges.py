"""An edge that joins subtasks one to one carries the watermarks of its own sender, no other's."""

from __future__ import annotations

import pyarrow
import pytest
from pyarrow import parquet

from flinkette.common import Configuration, Time, WatermarkStrategy
from flinkette.connectors.parquet import ParquetSource
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.sinks import BlackholeSink


# in one process only: nothing says that the other subtasks have ended before the rows come, if they
# run on another worker, and until then no row is late
@pytest.mark.parametrize("parallelism", [3, 2, 1])
@pytest.mark.parametrize("exchange", ["forward", "rescale"])
def test_a_late_row_behind_a_branch_is_late_at_any_parallelism(tmp_path, parallelism, exchange):
    # windows of 5 s; two rows each 10 s, then one from the beginning: late by the watermarks of the
    # one subtask that reads the one split; the others have ended long before
    #   0s   10s  20s  ...  990s
    #   ^^    ^^   ^^        ^^    then ^1
    times = [start for start in range(0, 1_000_000, 10_000) for _ in range(2)] + [1_000]
    file = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.table({"key": ["a"] * len(times), "time": times}), file)
    configuration = Configuration()
    configuration.set_string("flinkette.batch.rows", "4")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    rows = env.from_source(ParquetSource(file), strategy, "rows").filter(lambda row: True)
    rows.sink_to(BlackholeSink())  # two consumers: the filter is not chained to what follows
    late = OutputTag("late")
    windows = (
        getattr(rows, exchange)()
        .map(lambda row: row)
        .key_by(lambda row: row.key)
        .window(TumblingEventTimeWindows.of(Time.seconds(5)))
        .side_output_late_data(late)
        .reduce(lambda first, second: second)
    )
    with windows.get_side_output(late).execute_and_collect() as collected:
        assert [row.time for row in collected] == [1_000]
