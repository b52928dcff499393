"""Windows and rows that come late: in time, late but allowed, and too late.

Tumbling windows of 10 s count cars at a bridge. Reports may overtake each other, so the watermark
stays 3 s behind the latest report; a window gives its result when the watermark reaches its end.

    comes, s          1    4   12    8   14    7   19    3   31    6
    latest, s         1    4   12   12   14   14   19   19   31   31
    watermark, s     -2    1    9    9   11   11   16   16   28   28
                                     ^         ^         ^         ^
                                    ok     again     again      late

- 8 comes after 12, but the watermark has not reached 10 yet: it is counted like any other.
- 7 and 3 come after the window from 0 to 10 gave its result. It is kept until the watermark reaches
  20 (10 s of allowed lateness), so each of them makes it give a corrected result.
- 6 comes when the window is gone: it goes to the side output.

Run it with ``python examples/late_data.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.common import Duration, Row, Time, Types, WatermarkStrategy
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.functions import ProcessWindowFunction
from flinkette.datastream.window import TimeWindow, TumblingEventTimeWindows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REPORTS = [
    Row(bridge="north", time=second * 1000, cars=cars)
    for second, cars in [
        (1, 10),
        (4, 20),
        (12, 5),
        (8, 30),
        (14, 5),
        (7, 1),
        (19, 5),
        (3, 2),
        (31, 8),
        (6, 100),
    ]
]


class CarsInWindow(ProcessWindowFunction[Row, str, str, TimeWindow]):
    """Adds up the cars of a window."""

    def process(
        self,
        key: str,
        context: ProcessWindowFunction.Context[TimeWindow],
        elements: Iterable[Row],
    ) -> Iterator[str]:
        reports = list(elements)
        cars = sum(report.cars for report in reports)
        window = context.window()
        span = f"{window.start // 1000:2} s to {window.end // 1000:2} s"
        yield f"{key}  {span}  {cars:3} cars in reports: {len(reports)}"


def main() -> None:
    """Print the windows' results and the reports that came too late."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    too_late = OutputTag("too late")
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(3))
    windows = (
        env.from_collection(REPORTS)
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("time"))
        .key_by(lambda report: report.bridge, key_type=Types.STRING())
        .window(TumblingEventTimeWindows.of(Time.seconds(10)))
        .allowed_lateness(10_000)
        .side_output_late_data(too_late)
        .process(CarsInWindow(), output_type=Types.STRING())
    )
    windows.print("window")
    windows.get_side_output(too_late).map(
        lambda report: f"{report.bridge}  {report.time // 1000:2} s  {report.cars} cars"
    ).print("too late")
    env.execute("late data")


if __name__ == "__main__":
    main()
