"""Departure delays of the 336,776 flights that were to leave New York in 2013.

Event time is the scheduled departure; the rows come in the order of the actual departures, so they
are out of order by as much as the flights were late. One pass over them answers four questions:

- each day of each carrier: flights, mean and longest delay, share later than half an hour
  (tumbling windows of a day);
- the last six hours at each airport, every hour (sliding windows);
- how long each aircraft kept coming back to New York at least every 24 hours (sessions);
- the three worst carriers of each week (windows of windows).

Cancelled flights have no delay. They are counted in the first answer and left out of the others.

Run it with ``python examples/flight_delays.py`` or ``flinkette run examples/flight_delays.py``. The
results go as Parquet files, with a picture of the first answer, to the folder ``--output``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from flinkette.common import Duration, Row, Time, Types, WatermarkStrategy
from flinkette.connectors.parquet import ParquetSource
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.functions import (
    AggregateFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Avg, Count, Max, Sum
from flinkette.ext.sinks import ParquetSink

FLIGHTS = Path(__file__).resolve().parent / "data" / "flights.parquet"
DAYS, AIRPORTS, AIRCRAFT, WORST = (
    f"{name}.parquet" for name in ("days", "airports", "aircraft", "worst_of_week")
)

LATE_AFTER_MIN = 30
AIRCRAFT_GAP = Time.hours(24)
WEEK = TumblingEventTimeWindows.of(Time.days(7), Time.days(4))  # 1970-01-05 was a Monday
MIN_FLIGHTS_OF_WEEK = 20  # a carrier with a flight a day is not compared with one with a hundred

DAY_OF_CARRIER = Types.ROW_NAMED(
    ["carrier", "day", "flights", "cancelled", "delay_min", "mean_delay", "max_delay", "late_share"],
    [Types.STRING(), Types.SQL_DATE(), Types.LONG(), Types.LONG()]
    + [Types.LONG(), Types.DOUBLE(), Types.LONG(), Types.DOUBLE()],
)
HOURS_OF_AIRPORT = Types.ROW_NAMED(
    ["origin", "start", "end", "flights", "mean_delay", "late_share"],
    [Types.STRING(), Types.SQL_TIMESTAMP(), Types.SQL_TIMESTAMP()]
    + [Types.LONG(), Types.DOUBLE(), Types.DOUBLE()],
)
RUN_OF_AIRCRAFT = Types.ROW_NAMED(
    ["tailnum", "first", "last", "flights", "delay_min"],
    [Types.STRING(), Types.SQL_TIMESTAMP(), Types.SQL_TIMESTAMP(), Types.LONG(), Types.LONG()],
)
WORST_OF_WEEK = Types.ROW_NAMED(
    ["week", "place", "carrier", "flights", "mean_delay"],
    [Types.SQL_DATE(), Types.LONG(), Types.STRING(), Types.LONG(), Types.DOUBLE()],
)


def clock(time_ms: int) -> datetime:
    """Event time as the clock in New York showed it."""
    return datetime(1970, 1, 1) + timedelta(milliseconds=time_ms)


class DayOfCarrier(ProcessWindowFunction):
    """Puts carrier and day to the totals of a day."""

    def process(self, key, context, elements):
        (day,) = elements
        yield Row(
            carrier=key,
            day=clock(context.window().start).date(),
            flights=day.flights,
            cancelled=day.scheduled - day.flights,
            delay_min=day.delay_min,
            mean_delay=day.mean_delay,
            max_delay=day.max_delay,
            late_share=None if day.flights == 0 else day.late / day.flights,
        )


class Delays(AggregateFunction):
    """Number of flights, minutes of delay, flights later than half an hour."""

    def create_accumulator(self):
        return 0, 0, 0

    def add(self, value, accumulator):
        flights, delay_min, late = accumulator
        delay = value.dep_delay
        return flights + 1, delay_min + delay, late + (delay > LATE_AFTER_MIN)

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return tuple(map(sum, zip(acc_a, acc_b, strict=True)))


class HoursOfAirport(ProcessWindowFunction):
    """Puts airport and hours to the totals of six hours."""

    def process(self, key, context, elements):
        ((flights, delay_min, late),) = elements
        window = context.window()
        yield Row(
            origin=key,
            start=clock(window.start),
            end=clock(window.end),
            flights=flights,
            mean_delay=delay_min / flights,
            late_share=late / flights,
        )


class RunOfAircraft(ProcessWindowFunction):
    """Puts the aircraft and its first and last departure to the totals of a session."""

    def process(self, key, context, elements):
        ((flights, delay_min, _),) = elements
        window = context.window()
        last_ms = window.end - AIRCRAFT_GAP.to_milliseconds()
        yield Row(
            tailnum=key,
            first=clock(window.start),
            last=clock(last_ms),
            flights=flights,
            delay_min=delay_min,
        )


class WorstOfWeek(ProcessAllWindowFunction):
    """Keeps the three carriers with the longest mean delay."""

    def process(self, context, elements):
        week = clock(context.window().start).date()
        means = [
            (carrier.delay_min / carrier.flights, carrier.key, carrier.flights)
            for carrier in elements
            if carrier.flights >= MIN_FLIGHTS_OF_WEEK
        ]
        means.sort(key=lambda mean: (-mean[0], mean[1]))
        for place, (mean_delay, carrier, flights) in enumerate(means[:3], start=1):
            yield Row(
                week=week, place=place, carrier=carrier, flights=flights, mean_delay=mean_delay
            )


def run_job(output: Path) -> None:
    """Read the flights once, write the four answers."""
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))
    flights = env.from_source(
        ParquetSource(FLIGHTS), strategy.with_timestamp_assigner("scheduled"), "flights"
    )
    days = (
        flights.key_by("carrier")
        .window(TumblingEventTimeWindows.of(Time.days(1)))
        .aggregate(DAY_TOTALS, DayOfCarrier(), output_type=DAY_OF_CARRIER)
    )
    days.sink_to(ParquetSink(output / DAYS))

    departed = flights.filter(lambda flight: flight.dep_delay is not None)
    (
        departed.key_by("origin")
        .window(SlidingEventTimeWindows.of(Time.hours(6), Time.hours(1)))
        .aggregate(Delays(), HoursOfAirport(), output_type=HOURS_OF_AIRPORT)
        .sink_to(ParquetSink(output / AIRPORTS))
    )
    (
        departed.key_by("tailnum")
        .window(EventTimeSessionWindows.with_gap(AIRCRAFT_GAP))
        .aggregate(Delays(), RunOfAircraft(), output_type=RUN_OF_AIRCRAFT)
        .sink_to(ParquetSink(output / AIRCRAFT))
    )
    (
        days.key_by("carrier")
        .window(WEEK)
        .aggregate(WEEK_TOTALS, with_key=True)
        .window_all(WEEK)
        .process(WorstOfWeek(), output_type=WORST_OF_WEEK)
        .sink_to(ParquetSink(output / WORST))
    )
    env.execute("flight delays")
