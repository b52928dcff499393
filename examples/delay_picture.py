"""Draws the days of all carriers as an SVG: a line per carrier, a mark per day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from delay_tables import CARRIER_NAMES
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["draw_delays"]

# mean delay in minutes from which a colour holds; the first holds for anything earlier
COLOURS = ["#dce9f2", "#fdf0d5", "#fbd49a", "#f5a25d", "#e2613b", "#b3202c", "#5c0a24"]
FROM_MIN = [0, 10, 20, 30, 60, 120]

LEFT, TOP, LINE, BAR, DAY = 132, 104, 26, 20, 2.5
YEAR = date(2013, 1, 1)
NUM_DAYS = 365
WIDTH = int(LEFT + NUM_DAYS * DAY + 84)


def draw_delays(days_file: Path, picture: Path) -> None:
    """Read the days of carriers and write the picture."""
    lines: dict[str, dict[date, tuple[int, int]]] = defaultdict(dict)
    for row in parquet.read_table(days_file).to_pylist():
        if row["flights"]:
            lines[row["carrier"]][row["day"]] = (row["delay_min"], row["flights"])
    means = {carrier: _mean(days.values()) for carrier, days in lines.items()}
    order = sorted(means, key=means.__getitem__, reverse=True)
    height = TOP + LINE * len(order) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#333">',
        "<title>Departure delay per carrier and day, New York, 2013</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="20" y="34" font-size="20" font-weight="bold" fill="#111">'
        "How late flights left New York in 2013</text>",
        '<text x="20" y="56" fill="#666">Mean departure delay of each carrier on each day; '
        "white: no flight</text>",
        _legend(),
        f'<text x="{WIDTH - 20}" y="{TOP - 8}" text-anchor="end" fill="#666">year, min</text>',
    ]
    marks: dict[int, list[str]] = defaultdict(list)
    for number, carrier in enumerate(order):
        middle = TOP + LINE * number + LINE // 2
        parts.append(
            f'<text x="{LEFT - 12}" y="{middle + 4}" text-anchor="end">'
            f"{CARRIER_NAMES[carrier]}</text>"
            f'<text x="{WIDTH - 20}" y="{middle + 4}" text-anchor="end">{means[carrier]:.1f}</text>'
        )
        for colour, start, length in _runs(lines[carrier]):
            marks[colour].append(f"M{LEFT + start * DAY:g} {middle}h{length * DAY:g}")
    parts += [
        f'<path stroke="{COLOURS[colour]}" stroke-width="{BAR}" d="{"".join(marks[colour])}"/>'
        for colour in sorted(marks)
    ]
    parts += [_months(TOP, TOP + LINE * len(order)), "</svg>\n"]
    picture.write_text("\n".join(parts), encoding="utf-8")


def _mean(days: Iterable[tuple[int, int]]) -> float:
    delays, flights = zip(*days, strict=True)
    mean: float = sum(delays) / sum(flights)
    return mean


def _runs(days: dict[date, tuple[int, int]]) -> list[list[int]]:
    """Days of one colour in a row: colour, first day of the year, number of days."""
    runs: list[list[int]] = []
    for day in sorted(days):
        number = (day - YEAR).days
        colour = bisect_right(FROM_MIN, days[day][0] / days[day][1])
        if runs and runs[-1][0] == colour and sum(runs[-1][1:]) == number:
            runs[-1][2] += 1
        else:
            runs.append([colour, number, 1])
    return runs


def _legend() -> str:
    """A box per colour at the top right."""
    names = ["early", *(f"{start}" for start in FROM_MIN)]
    width = 40
    left = LEFT + int(NUM_DAYS * DAY) - width * len(COLOURS)
    boxes = [
        f'<rect x="{left + width * number}" y="24" width="{width}" height="14" fill="{colour}"/>'
        f'<text x="{left + width * number}" y="54" fill="#666">{name}</text>'
        for number, (colour, name) in enumerate(zip(COLOURS, names, strict=True))
    ]
    unit = left + width * len(COLOURS) + 4
    return "".join(boxes) + f'<text x="{unit}" y="36" fill="#666">min late</text>'


def _months(top: int, bottom: int) -> str:
    """A thin line where a month begins, its name below."""
    lines = []
    for month in range(1, 13):
        first = date(YEAR.year, month, 1)
        x = LEFT + (first - YEAR).days * DAY
        lines.append(
            f'<path d="M{x:g} {top}V{bottom + 8}" stroke="#999" stroke-width="0.5"/>'
            f'<text x="{x + 4:g}" y="{bottom + 22}" fill="#666">{first:%b}</text>'
        )
    return "".join(lines)
