"""Watches machines that report every few seconds: says which went silent, and when it came back.

A KeyedProcessFunction keeps one state per machine, the time of its last report, and one timer: 15
seconds of event time after that report. A report moves the timer; a timer that fires finds a silent
machine.

    seconds  0    5    10   15   20   25   30   35   40   45   50
    pump     |    |    |    |    |    |    |              !    |
    fan        |   |              !           |   |     |    |

Event time comes from the field "time". Then watermarks follow event time from row to row, and
timers fire between the same rows in every run. A timer fires when a later row of any machine has
shown that its time has come; the end of the input counts as the end of time, so there every timer
left fires.

Run it with ``python examples/keyed_timers.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.common import Row, Types, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.functions import KeyedProcessFunction, RuntimeContext
from flinkette.datastream.state import ValueStateDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

SILENT_AFTER_MS = 15_000

SECONDS = {"pump": [0, 5, 10, 15, 20, 25, 30, 50], "fan": [2, 6, 33, 37, 43, 48]}
REPORTS = [
    Row(machine=machine, time=second * 1000)
    for second, machine in sorted(
        (second, machine) for machine, seconds in SECONDS.items() for second in seconds
    )
]


class SilenceAlarm(KeyedProcessFunction):
    """Yields a line when a machine was silent for 15 s, and one when it reports again."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.last_report = runtime_context.get_state(
            ValueStateDescriptor("last report", Types.LONG())
        )

    def process_element(self, value: Row, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        timers = ctx.timer_service()
        last_ms = self.last_report.value()
        if last_ms is None:
            yield f"{clock(value.time)}  {value.machine:4}  first report"
        else:
            timers.delete_event_time_timer(last_ms + SILENT_AFTER_MS)
            if value.time - last_ms > SILENT_AFTER_MS:
                silence_s = (value.time - last_ms) // 1000
                yield f"{clock(value.time)}  {value.machine:4}  is back after {silence_s} s"
        self.last_report.update(value.time)
        timers.register_event_time_timer(value.time + SILENT_AFTER_MS)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[str]:
        last_ms = self.last_report.value()
        machine = ctx.get_current_key()
        yield f"{clock(timestamp)}  {machine:4}  is SILENT, last report {clock(last_ms)}"


def clock(time_ms: int) -> str:
    """Minutes and seconds."""
    return f"{time_ms // 60_000:02}:{time_ms // 1000 % 60:02}"


def main() -> None:
    """Print what the alarm says."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    by_time = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    (
        env.from_collection(REPORTS)
        .assign_timestamps_and_watermarks(by_time)
        .key_by(lambda report: report.machine, key_type=Types.STRING())
        .process(SilenceAlarm(), output_type=Types.STRING())
        .print()
    )
    env.execute("keyed timers")


if __name__ == "__main__":
    main()
