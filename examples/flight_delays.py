"""Departure delays of the 336,776 flights that were to leave New York in 2013.

Event time is the scheduled departure; the rows come in the order of the actual departures, so they
are out of order by as much as the flights were late. One pass over them answers four questions:

- each day of each carrier: flights, mean and longest delay, share later than half an hour
  (tumbling windows of a day);
- the last six hours at each airport, every hour (sliding windows);
- how long each aircraft kept leaving New York at least every 24 hours (sessions);
- the three worst carriers of each week (windows over the results of windows).

Cancelled flights have no delay: the first answer counts them, the others leave them out.

Run it with ``python examples/flight_delays.py`` or ``flinkette run examples/flight_delays.py``. The
answers go as Parquet files, with a picture of the first one, to the folder given by ``--output``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow
from delay_picture import draw_delays
from delay_tables import print_tables
from pyarrow import compute

from flinkette.common import Duration, Row, Time, Types, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.functions import (
    AggregateFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TimeWindow,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Avg, Count, Max, Sum
from flinkette.ext.sinks import ParquetSink
from flinkette.ext.sources import ParquetSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flinkette.common import TypeInformation

    Totals = tuple[int, int, int]

FLIGHTS = Path(__file__).resolve().parent / "data" / "flights.parquet"

EPOCH = datetime(1970, 1, 1)
LATE_AFTER_MIN = 30
AIRCRAFT_GAP = Time.hours(24)
WEEK = TumblingEventTimeWindows.of(Time.days(7), Time.days(4))  # 1970-01-05 was a Monday
MIN_FLIGHTS_OF_WEEK = 20  # one late flight must not make a carrier the worst of a week

TEXT, INT, FLOAT = Types.STRING(), Types.LONG(), Types.DOUBLE()
DATE, MOMENT = Types.SQL_DATE(), Types.SQL_TIMESTAMP()


def row_type(**fields: TypeInformation) -> TypeInformation:
    """Type of rows with these fields."""
    return Types.ROW_NAMED(list(fields), list(fields.values()))


DAY_OF_CARRIER = row_type(
    carrier=TEXT,
    day=DATE,
    flights=INT,
    cancelled=INT,
    delay_min=INT,
    mean_delay=FLOAT,
    max_delay=INT,
    late_share=FLOAT,
)
HOURS_OF_AIRPORT = row_type(
    origin=TEXT, start=MOMENT, end=MOMENT, flights=INT, mean_delay=FLOAT, late_share=FLOAT
)
RUN_OF_AIRCRAFT = row_type(tailnum=TEXT, first=MOMENT, last=MOMENT, flights=INT, mean_delay=FLOAT)
WORST_OF_WEEK = row_type(week=DATE, place=INT, carrier=TEXT, flights=INT, mean_delay=FLOAT)


def wall_clock(time_ms: int) -> datetime:
    """Event time as the clocks in New York showed it."""
    return EPOCH + timedelta(seconds=time_ms // 1000)


def mark_late(flights: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
    """Add a column that is 1 for a flight later than half an hour and null for a cancelled one."""
    is_late = compute.greater(flights["dep_delay"], LATE_AFTER_MIN)
    return flights.append_column("late", is_late.cast(pyarrow.int8()))


class DayOfCarrier(ProcessWindowFunction[Any, Row, str, TimeWindow]):
    """Adds carrier and day to the totals of a window."""

    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]
    ) -> Iterator[Row]:
        (total,) = elements
        yield Row(
            carrier=key,
            day=wall_clock(context.window().start).date(),
            flights=total.flights,
            cancelled=total.scheduled - total.flights,
            delay_min=total.delay_min,
            mean_delay=total.mean_delay,
            max_delay=total.max_delay,
            late_share=total.late_share,
        )


class Delays(AggregateFunction):
    """Counts flights, minutes of delay, and flights later than half an hour."""

    def create_accumulator(self) -> Totals:
        return 0, 0, 0

    def add(self, value: Row, accumulator: Totals) -> Totals:
        flights, delay_min, late = accumulator
        delay = value.dep_delay
        return flights + 1, delay_min + delay, late + (delay > LATE_AFTER_MIN)

    def get_result(self, accumulator: Totals) -> Totals:
        return accumulator

    def merge(self, acc_a: Totals, acc_b: Totals) -> Totals:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1], acc_a[2] + acc_b[2]


class HoursOfAirport(ProcessWindowFunction[Any, Row, str, TimeWindow]):
    """Adds airport and hours to the totals of a window."""

    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]
    ) -> Iterator[Row]:
        ((flights, delay_min, late),) = elements
        window = context.window()
        yield Row(
            origin=key,
            start=wall_clock(window.start),
            end=wall_clock(window.end),
            flights=flights,
            mean_delay=delay_min / flights,
            late_share=late / flights,
        )


class RunOfAircraft(ProcessWindowFunction[Any, Row, str, TimeWindow]):
    """Adds aircraft, first and last departure to the totals of a session."""

    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]
    ) -> Iterator[Row]:
        ((flights, delay_min, _),) = elements
        window = context.window()
        last_ms = window.end - AIRCRAFT_GAP.to_milliseconds()
        yield Row(
            tailnum=key,
            first=wall_clock(window.start),
            last=wall_clock(last_ms),
            flights=flights,
            mean_delay=delay_min / flights,
        )


class WorstOfWeek(ProcessAllWindowFunction[Row, Row, TimeWindow]):
    """Keeps the three carriers with the longest mean delay."""

    def process(
        self, context: ProcessAllWindowFunction.Context[TimeWindow], elements: Iterable[Row]
    ) -> Iterator[Row]:
        week = wall_clock(context.window().start).date()
        carriers = [carrier for carrier in elements if carrier.flights >= MIN_FLIGHTS_OF_WEEK]
        carriers.sort(key=lambda carrier: (-carrier.delay_min / carrier.flights, carrier.key))
        for place, carrier in enumerate(carriers[:3], start=1):
            yield Row(
                week=week,
                place=place,
                carrier=carrier.key,
                flights=carrier.flights,
                mean_delay=carrier.delay_min / carrier.flights,
            )


def run_job(output: Path) -> None:
    """Read the flights once and write the four answers."""
    env = StreamExecutionEnvironment.get_execution_environment()
    # no row comes more than 21:40 h behind one that was scheduled later: nothing is late
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))
    flights = env.from_source(
        ParquetSource(FLIGHTS), strategy.with_timestamp_assigner("scheduled"), "flights"
    ).map_batches(mark_late)

    days = (
        flights.key_by("carrier")
        .window(TumblingEventTimeWindows.of(Time.days(1)))
        .aggregate(
            [
                Count(name="scheduled"),
                Count("dep_delay", name="flights"),
                Sum("dep_delay", name="delay_min"),
                Avg("dep_delay", name="mean_delay"),
                Max("dep_delay", name="max_delay"),
                Avg("late", name="late_share"),
            ],
            DayOfCarrier(),
            output_type=DAY_OF_CARRIER,
        )
    )
    days.sink_to(ParquetSink(output / "days.parquet"))

    departed = flights.filter(lambda flight: flight.dep_delay is not None)
    (
        departed.key_by("origin")
        .window(SlidingEventTimeWindows.of(Time.hours(6), Time.hours(1)))
        .aggregate(Delays(), HoursOfAirport(), output_type=HOURS_OF_AIRPORT)
        .sink_to(ParquetSink(output / "airports.parquet"))
    )
    (
        departed.key_by("tailnum")
        .window(EventTimeSessionWindows.with_gap(AIRCRAFT_GAP))
        .aggregate(Delays(), RunOfAircraft(), output_type=RUN_OF_AIRCRAFT)
        .sink_to(ParquetSink(output / "aircraft.parquet"))
    )
    (
        days.key_by("carrier")
        .window(WEEK)
        .aggregate(
            Sum("flights", name="flights"), Sum("delay_min", name="delay_min"), with_key=True
        )
        .window_all(WEEK)
        .process(WorstOfWeek(), output_type=WORST_OF_WEEK)
        .sink_to(ParquetSink(output / "worst_of_week.parquet"))
    )
    env.execute("flight delays")


def output_folder(arguments: list[str]) -> Path:
    """Return the folder the command line names; stop the program if it cannot be written."""
    parser = argparse.ArgumentParser(description="Departure delays out of New York in 2013.")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("flight_delays_output"),
        help="folder for the results (default: ./flight_delays_output)",
    )
    folder: Path = parser.parse_args(arguments).output
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        parser.error(f"cannot write to {folder}: {error.strerror}; name a folder with --output")
    return folder


def main() -> None:
    """Run the job, show its answers, draw the picture."""
    output = output_folder(sys.argv[1:])
    started_s = time.perf_counter()
    print("336,776 flights through daily, sliding, session and weekly windows ...", flush=True)
    run_job(output)
    job_s = time.perf_counter() - started_s
    print_tables(output)
    draw_delays(output / "days.parquet", output / "delay_by_carrier.svg")
    print(f"The job took {job_s:.1f} s. All answers and delay_by_carrier.svg are in {output}/")


if __name__ == "__main__":
    main()
