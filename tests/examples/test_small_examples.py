"""The small examples print exactly these rows."""

from __future__ import annotations

import re
from collections import Counter

import pytest

SPREAD = "flinkette.slot-sharing.enabled=false"
"""Each chain has a slot of its own, so that there is something to do for a second worker."""


def test_word_count_prints_the_counts_of_the_text(examples, run_example):
    text = (examples / "data" / "alice.txt").read_text(encoding="utf-8")
    counts = Counter(re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower()))
    total, most = sum(counts.values()), max(counts.values())
    first, *lines = run_example("word_count.py")
    assert first == f"{total:,} words, {len(counts):,} different ones; the most frequent:"
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
    assert [line.split() for line in lines] == [
        [word, f"{count:,}", "#" * round(50 * count / most)] for word, count in frequent
    ]


def test_word_count_reads_the_text_that_is_named(run_example, tmp_path):
    (tmp_path / "poem.txt").write_text("To be, or not to be:\nthat is the question.\n")
    lines = run_example("word_count.py", str(tmp_path / "poem.txt"))
    assert lines[0] == "10 words, 8 different ones; the most frequent:"
    assert [line.split()[:2] for line in lines[1:4]] == [["be", "2"], ["to", "2"], ["is", "1"]]


def test_keyed_timers_say_which_machine_is_silent_and_when_it_is_back(run_example):
    assert run_example("keyed_timers.py") == [
        "00:00  pump  first report",
        "00:02  fan   first report",
        "00:21  fan   is SILENT, last report 00:06",
        "00:33  fan   is back after 27 s",
        "00:45  pump  is SILENT, last report 00:30",
        "00:50  pump  is back after 20 s",
        "01:03  fan   is SILENT, last report 00:48",
        "01:05  pump  is SILENT, last report 00:50",
    ]


def test_late_data_corrects_results_and_puts_aside_what_is_too_late(run_example):
    lines = run_example("late_data.py")
    assert [line for line in lines if line.startswith("window> ")] == [
        "window> north   0 s to 10 s   60 cars in reports: 3",
        "window> north   0 s to 10 s   61 cars in reports: 4",
        "window> north   0 s to 10 s   63 cars in reports: 5",
        "window> north  10 s to 20 s   15 cars in reports: 3",
        "window> north  30 s to 40 s    8 cars in reports: 1",
    ]
    assert [line for line in lines if not line.startswith("window> ")] == [
        "too late> north   6 s  100 cars"
    ]


@pytest.mark.parametrize("workers", [(), ("--workers", "2", "-D", SPREAD)], ids=["one", "two"])
@pytest.mark.parametrize("name", ["word_count.py", "keyed_timers.py", "late_data.py"])
def test_flinkette_run_prints_the_same(examples, run_python, run_example, name, workers):
    done = run_python("-m", "flinkette", "run", *workers, str(examples / name))
    made, expected = done.stdout.splitlines(), run_example(name)
    if workers:  # two sinks may print in any order
        made, expected = sorted(made), sorted(expected)
    assert made == expected


@pytest.mark.parametrize("name", ["word_count.py", "keyed_timers.py", "late_data.py"])
def test_a_small_example_needs_no_library_beside_flinkette(examples, run_python, name):
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], None, '__main__');"
        "print(sorted({'numpy', 'pyarrow', 'rich', 'click', 'zmq', 'msgspec'} & set(sys.modules)))"
    )
    done = run_python("-c", code, str(examples / name))
    assert done.stdout.splitlines()[-1] == "[]"


def test_async_calls_gives_the_answers_of_the_service_in_order(run_example):
    assert run_example("async_calls.py") == [
        "town 0: sun",
        "town 1: rain",
        "town 2: wind",
        "town 3: snow",
        *(f"{kind}: 50 towns" for kind in ("sun", "rain", "wind", "snow")),
        "in order: True",
        "the service was asked more than once for some: True",
    ]
