"""Pictures of a report: curves and bars as SVG, drawn with what Python has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

__all__ = ["Span", "bars", "curve"]

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 40, 46, 58
COLOURS = ["#1f6fb4", "#d9640d", "#3a923a", "#8c4fb8", "#7a6a5a"]
STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:15px;font-weight:bold}"
    ".grid{stroke:#ddd}.axis{stroke:#666}.spread{stroke-width:6;opacity:.25}"
)
BAR, GAP, NAMES = 20, 8, 230


@dataclass(frozen=True)
class Span:
    """A figure with the lowest and highest of its rounds."""

    middle: float
    low: float
    high: float


def curve(
    path: Path,
    title: str,
    x_label: str,
    names: Sequence[str],
    spans: Sequence[Span],
    gate: tuple[str, float] | None = None,
) -> None:
    """Draw throughput relative to the first point; `gate` is a point and what it must reach."""
    top = max(1.2, *(span.middle * 1.1 for span in spans)) * 1.05
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names) - 1) if len(names) > 1 else 0.0

    def x(place: int) -> float:
        return LEFT + place * step

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - min(value, top) / top * (HEIGHT - TOP - BOTTOM)

    parts = [text(LEFT - 50, 24, title, "title")]
    for tick in ticks(top):
        parts.append(line(LEFT, y(tick), WIDTH - RIGHT, y(tick), "grid"))
        parts.append(text(LEFT - 8, y(tick) + 4, f"{tick:g}", anchor="end"))
    parts.append(line(LEFT, y(0), WIDTH - RIGHT, y(0), "axis"))
    for place, name in enumerate(names):
        parts.append(text(x(place), HEIGHT - BOTTOM + 18, name, anchor="middle"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_label, anchor="middle"))
    colour = COLOURS[0]
    for place, span in enumerate(spans):
        low, high = y(span.low), y(span.high)
        parts.append(line(x(place), low, x(place), high, "spread", colour))
    points = " ".join(f"{x(place):.1f},{y(span.middle):.1f}" for place, span in enumerate(spans))
    parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for place, span in enumerate(spans):
        parts.append(
            f'<circle cx="{x(place):.1f}" cy="{y(span.middle):.1f}" r="4" fill="{colour}"/>'
        )
        parts.append(text(x(place), y(span.high) - 10, f"{span.middle:.2f}", anchor="middle"))
    if gate is not None and gate[0] in names:
        place, wanted = list(names).index(gate[0]), gate[1]
        parts.append(line(x(place) - 14, y(wanted), x(place) + 14, y(wanted), "axis", COLOURS[1]))
        parts.append(text(x(place), y(wanted) + 20, f"target {wanted:g}", anchor="middle"))
    write(path, WIDTH, HEIGHT, parts)


def bars(path: Path, title: str, unit: str, values: Mapping[str, float]) -> None:
    """Draw horizontal bars on a scale of powers of ten, longest first; ours stand out."""
    ordered = sorted(values.items(), key=lambda item: -item[1])
    low = 10 ** math.floor(math.log10(min(values.values())))
    high = 10 ** math.ceil(math.log10(max(values.values()) * 1.01))
    height = TOP + len(ordered) * (BAR + GAP) + 34
    room = WIDTH - NAMES - 80

    def x(value: float) -> float:
        return NAMES + math.log10(value / low) / math.log10(high / low) * room

    parts = [text(20, 24, title, "title")]
    bottom = height - 30
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        parts.append(line(x(10**power), TOP - 6, x(10**power), bottom, "grid"))
        parts.append(text(x(10**power), bottom + 16, short(10**power), anchor="middle"))
    parts.append(text(WIDTH - 8, bottom + 16, unit, anchor="end"))
    for place, (name, value) in enumerate(ordered):
        top = TOP + place * (BAR + GAP)
        colour = COLOURS[1] if name.startswith("flinkette") else COLOURS[0]
        parts.append(text(NAMES - 8, top + 15, name, anchor="end"))
        width = max(1.0, x(value) - NAMES)
        parts.append(
            f'<rect x="{NAMES}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
        )
        parts.append(text(NAMES + width + 6, top + 15, short(value)))
    write(path, WIDTH, height, parts)


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to the top."""
    step = 0.25 if top < 2.5 else 0.5 if top < 5 else 10 ** math.floor(math.log10(top / 2))
    return [step * place for place in range(int(top / step) + 1)]


def short(value: float) -> str:
    """Two or three digits with k, M or G."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{float(f'{value / size:.3g}'):g}{letter}"
    return f"{float(f'{value:.3g}'):g}"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Make a text element."""
    place = f'x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(words)}</text>"


def line(x1: float, y1: float, x2: float, y2: float, kind: str, colour: str = "") -> str:
    """Make a line element."""
    stroke = f' style="stroke:{colour}"' if colour else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"{stroke}/>'


def write(path: Path, width: int, height: float, parts: Sequence[str]) -> None:
    """Write the file, on white so that it can be read on any page."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" '
        f'width="{width}" height="{height:.0f}"><style>{STYLE}</style>'
        '<rect width="100%" height="100%" fill="white"/>'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *parts, "</svg>", ""]), encoding="utf-8")
