"""Prints what `flight_delays.py` found: the most telling rows of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyarrow import compute, parquet
from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow

__all__ = ["CARRIER_NAMES", "print_tables"]

CARRIER_NAMES = {
    "9E": "Endeavor",
    "AA": "American",
    "AS": "Alaska",
    "B6": "JetBlue",
    "DL": "Delta",
    "EV": "ExpressJet",
    "F9": "Frontier",
    "FL": "AirTran",
    "HA": "Hawaiian",
    "MQ": "Envoy",
    "OO": "SkyWest",
    "UA": "United",
    "US": "US Airways",
    "VX": "Virgin America",
    "WN": "Southwest",
    "YV": "Mesa",
}
NUM_SHOWN = 8
MIN_FLIGHTS = 20


def print_tables(folder: Path) -> None:
    """Print a table for each of the four answers."""
    console = Console(highlight=False)
    for name, show in (
        ("days", _years_of_carriers),
        ("worst_of_week", _weeks),
        ("airports", _airports),
        ("aircraft", _aircraft),
    ):
        title, table = show(parquet.read_table(folder / f"{name}.parquet"))
        console.print(f"\n[bold]{title}[/bold]")
        console.print(table)


def _years_of_carriers(days: pyarrow.Table) -> tuple[str, Table]:
    """The days of each carrier in one line, the carrier with the longest mean delay first."""
    title = f"Days of carriers ({days.num_rows:,} rows), by carrier; minutes, late: over 30"
    shown = _table(
        ["carrier"], ["flights", "cancelled", "mean", "max", "worst day", "mean", "late"]
    )
    years = days.group_by("carrier").aggregate(
        [("flights", "sum"), ("cancelled", "sum"), ("delay_min", "sum"), ("max_delay", "max")]
    )
    mean = compute.divide(years["delay_min_sum"].cast("double"), years["flights_sum"])
    years = years.append_column("mean", mean).sort_by([("mean", "descending")])
    by_delay = days.sort_by([("mean_delay", "descending"), ("day", "ascending")]).to_pylist()
    for year in years.to_pylist():
        worst = next(day for day in by_delay if day["carrier"] == year["carrier"])
        shown.add_row(
            CARRIER_NAMES[year["carrier"]],
            f"{year['flights_sum']:,}",
            f"{year['cancelled_sum']:,}",
            f"{year['mean']:.1f}",
            f"{year['max_delay_max']:,}",
            f"{worst['day']:%d %b}",
            f"{worst['mean_delay']:.1f}",
            f"{worst['late_share']:.0%}",
        )
    return title, shown


def _weeks(worst: pyarrow.Table) -> tuple[str, Table]:
    """The weeks whose worst carrier was the worst, in the order of the year."""
    title = (
        f"Three worst carriers of each week ({worst.num_rows} rows): the {NUM_SHOWN} worst weeks"
    )
    shown = _table(["week from", "worst", "second", "third"], [])
    weeks: dict[str, list[str]] = {}
    for row in worst.sort_by([("week", "ascending"), ("place", "ascending")]).to_pylist():
        text = f"{CARRIER_NAMES[row['carrier']]} {row['mean_delay']:.1f}"
        weeks.setdefault(f"{row['week']:%d %b}", []).append(text)
    first = worst.filter(compute.equal(worst["place"], 1))
    first = first.sort_by([("mean_delay", "descending")]).slice(0, NUM_SHOWN)
    for row in first.sort_by("week").to_pylist():
        week = f"{row['week']:%d %b}"
        shown.add_row(week, *weeks[week])
    return title, shown


def _airports(hours: pyarrow.Table) -> tuple[str, Table]:
    """The six hours with the longest mean delay at each airport."""
    title = f"Six hours at airports ({hours.num_rows:,} rows): the worst with {MIN_FLIGHTS} flights"
    shown = _table(["airport", "day", "hours"], ["flights", "mean delay", "late"])
    busy = hours.filter(compute.greater_equal(hours["flights"], MIN_FLIGHTS))
    by_delay = busy.sort_by([("mean_delay", "descending"), ("start", "ascending")])
    for origin in sorted(hours["origin"].unique().to_pylist()):
        of_origin = by_delay.filter(compute.equal(by_delay["origin"], origin))
        (worst,) = of_origin.slice(0, 1).to_pylist()
        shown.add_row(
            origin,
            f"{worst['start']:%d %b}",
            f"{worst['start']:%H:%M} to {worst['end']:%H:%M}",
            f"{worst['flights']}",
            f"{worst['mean_delay']:.1f}",
            f"{worst['late_share']:.0%}",
        )
    return title, shown


def _aircraft(runs: pyarrow.Table) -> tuple[str, Table]:
    """The runs with the most flights."""
    title = f"Aircraft leaving at least every 24 hours ({runs.num_rows:,} runs): the longest"
    shown = _table(["tail number", "from", "to"], ["flights", "mean delay"])
    order = [("flights", "descending"), ("first", "ascending"), ("tailnum", "ascending")]
    longest = runs.take(compute.select_k_unstable(runs, NUM_SHOWN, order))
    for run in longest.to_pylist():
        shown.add_row(
            run["tailnum"],
            f"{run['first']:%d %b %H:%M}",
            f"{run['last']:%d %b %H:%M}",
            f"{run['flights']}",
            f"{run['mean_delay']:.1f}",
        )
    return title, shown


def _table(texts: list[str], numbers: list[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in texts:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, no_wrap=True, justify="right")
    return table
