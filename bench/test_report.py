"""The report is made from what was measured: verdicts, curves and pictures of invented figures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.machine import Load
from bench.peers.compare import Comparison, Side
from bench.report import Run, report
from bench.targets import TARGETS, Found, verdict

CALM = {"others": 0.01, "stolen": 0.0}
BUSY = {"others": 0.6, "stolen": 0.0}
AT_LEAST = next(target for target in TARGETS if target.number == "11")
AT_MOST = next(target for target in TARGETS if target.number == "17")


@pytest.mark.parametrize(
    ("target", "middle", "load", "said"),
    [
        (AT_LEAST, 1.2, CALM, "missed by 8%"),
        (AT_LEAST, 1.3, CALM, "**T**"),
        (AT_LEAST, 2.5, CALM, "**X**"),
        (AT_MOST, 1.4, CALM, "**X**"),
        (AT_MOST, 2.2, CALM, "missed by 10%"),
        (AT_LEAST, 2.5, BUSY, "not judged: the machine was disturbed"),
    ],
)
def test_a_verdict_names_what_is_reached(target, middle, load, said) -> None:
    assert verdict(target, Found(middle, middle, middle, load)) == said


def test_what_was_not_measured_is_not_judged() -> None:
    assert verdict(AT_LEAST, None) == "not measured"


def point(seconds: float) -> dict:
    return {"rows": 1_000, "wall_s": [seconds] * 3, "cpu_s": [seconds] * 3}


def a_run() -> Run:
    turns = {"1": point(0.1), "120": point(0.2)}
    row = {
        "fullname": "bench/pipelines/test_curves.py::test_curve[sliding]",
        "name": "test_curve[sliding]",
        "extra_info": {"turns": turns, "load": CALM},
        "stats": {},
    }
    ours = Side("flinkette, columns", 1_000, wall_s=[0.1] * 3, cpu_s=[0.1] * 3)
    theirs = Side("DuckDB", 2_000, wall_s=[0.1] * 3, cpu_s=[0.1] * 3, tuning="none")
    pairs = [
        Comparison("tumbling", 1_000, 1, "DuckDB", load=CALM, ours=ours, theirs=theirs),
        Comparison("tumbling", 1_000, 1, "Pathway", skipped="pathway not installed"),
    ]
    load = Load(100.0, 1.0, 0.0, 1.0)
    measured = {"benchmarks": [row], "datetime": "2026-01-01T00:00:00"}
    return Run(measured, pairs, load, (0.1, 0.1, 0.1), "python -m bench report", "abc")


def test_the_page_has_ratios_reasons_and_pictures(tmp_path: Path) -> None:
    page = report(a_run(), tmp_path)
    assert "| DuckDB | 1 | 20 k (20 k) |" in page
    assert "**0.5**" in page
    assert "skipped: pathway not installed" in page
    assert "| 15 | sliding, 120 windows per row / 1: rate | ≥ 0.9 | ≥ 0.97 | 0.5 |" in page
    pictures = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert pictures == ["peers_tumbling_1000.svg", "sliding.svg"]
    for picture in pictures:
        assert f"({picture})" in page
        ElementTree.fromstring((tmp_path / picture).read_text(encoding="utf-8"))
