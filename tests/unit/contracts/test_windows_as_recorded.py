"""Assigners, triggers and merging do what PyFlink 2.3 did (`window_script.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flinkette.contracts import window
from flinkette.contracts.time import Time
from unit.contracts.window_script import play

RECORDED = json.loads(Path(__file__).with_name("window_script.json").read_text())


@pytest.fixture(scope="module")
def played() -> Any:
    return json.loads(json.dumps(play(window, Time.milliseconds)))


@pytest.mark.parametrize("name", RECORDED["triggers"])
def test_a_trigger_answers_and_asks_for_timers_as_recorded(name: str, played: Any) -> None:
    assert played["triggers"][name] == RECORDED["triggers"][name]


@pytest.mark.parametrize("part", ["can merge", "assigned", "counted", "merged"])
def test_assigning_counting_and_merging_are_as_recorded(part: str, played: Any) -> None:
    assert played[part] == RECORDED[part]


def test_the_recording_covers_refused_and_accepted_assigners() -> None:
    verdicts = ["refused" in line for lines in RECORDED["assigned"] for line in lines]
    assert any(verdicts)
    assert not all(verdicts)
