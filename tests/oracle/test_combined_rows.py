"""Windows behind an exchange that combines rows against the same without it."""

from __future__ import annotations

import random
from typing import Any

import pyarrow
import pytest

from flinkette.common import Configuration, Duration, Time, WatermarkStrategy
from flinkette.connectors import arrow
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows
from flinkette.exchange import combining
from flinkette.ext.aggregations import Max, Min, Sum
from flinkette.ext.windows import CumulativeEventTimeWindows

SEEDS = 60


def windows_of(chance: random.Random) -> Any:
    slide = chance.choice([5, 20, 100])
    size = slide * chance.choice([1, 2, 3])
    offset = chance.choice([0, 3])
    return chance.choice(
        [
            TumblingEventTimeWindows.of(Time.milliseconds(size), Time.milliseconds(offset)),
            SlidingEventTimeWindows.of(
                Time.milliseconds(size), Time.milliseconds(slide), Time.milliseconds(offset)
            ),
            CumulativeEventTimeWindows.of(Time.milliseconds(size), Time.milliseconds(slide)),
        ]
    )


def results(table: pyarrow.Table, seed: int, is_combining: bool) -> list[tuple[Any, ...]]:
    chance = random.Random(seed)
    configuration = Configuration()
    configuration.set_string("flinkette.window.combining", str(is_combining).lower())
    configuration.set_integer("flinkette.batch.rows", chance.choice([7, 64, 1000]))
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(chance.choice([2, 3]))
    delay = Duration.of_millis(chance.choice([0, 10, 200]))
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(delay).with_timestamp_assigner("t")
    # one sender: which rows are late does not depend on who runs when
    rows = env.from_arrow(table).assign_timestamps_and_watermarks(strategy).set_parallelism(1)
    keyed = rows.key_by("k")
    found = []
    for _ in range(chance.choice([1, 2])):
        aggregates = chance.choice([[Sum("a")], [Sum("a"), Max("b")], [Min("b"), Max("a")]])
        window = keyed.window(windows_of(chance))
        found.append(window.aggregate(*aggregates, with_key=True, with_window=True))
    stream = found[0].map(tuple)
    for each in found[1:]:
        stream = stream.union(each.map(tuple))
    with stream.execute_and_collect() as made:
        return sorted(made)


@pytest.mark.pipeline
@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_results_do_not_tell_whether_rows_were_combined(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combining, "PAUSE", 1)
    monkeypatch.setattr(combining, "TRIAL_ROWS", 200)
    for seed in range(first, first + 20):
        chance = random.Random(seed)
        count = chance.choice([50, 800, 3000])
        disorder = chance.choice([0, 30, 300])
        keys = chance.choice([1, 5, 400])
        table = pyarrow.table(
            {
                "k": [chance.randrange(keys) for _ in range(count)],
                "t": [at // 3 - chance.randint(0, disorder) for at in range(count)],
                "a": [chance.randint(-50, 50) for _ in range(count)],
                "b": [chance.randint(-50, 50) for _ in range(count)],
            }
        )
        assert results(table, seed, True) == results(table, seed, False), seed


@pytest.mark.parametrize("seed", range(20))
def test_rows_of_several_senders_wait_no_longer_than_they_may(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "TURN_ROWS", 50)
    chance = random.Random(seed)
    keys = chance.choice([1, 5, 40])
    rows = [
        (chance.randrange(keys), at // 3 - chance.randint(0, 30), chance.randint(-50, 50))
        for at in range(3000)
    ]
    table = pyarrow.table(dict(zip("kta", map(list, zip(*rows, strict=True)), strict=True)))
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", chance.choice([7, 64]))
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(3)
    # what a sender reads is in order but for 30 ms: no row is late
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(30))
    timed = env.from_arrow(table).set_parallelism(3)
    timed = timed.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("t"))
    windows = timed.key_by("k").window(TumblingEventTimeWindows.of(Time.milliseconds(20)))
    expected: dict[tuple[int, int], int] = {}
    for key, time, value in rows:
        place = key, time // 20 * 20
        expected[place] = expected.get(place, 0) + value
    with windows.aggregate(Sum("a"), with_key=True, with_window=True).execute_and_collect() as made:
        found = {(row["key"], row["window_start"]): row["sum_a"] for row in made}
    assert found == expected


def test_rows_become_fewer_the_longer_a_window_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    class Watched(combining.Combining):
        def add(self, element: Any) -> Any:
            made = super().add(element)
            seen.append((getattr(element, "num_rows", 0), sum(map(rows_of, made))))
            return made

    def rows_of(element: Any) -> int:
        return getattr(element, "num_rows", 0)

    monkeypatch.setattr(combining, "Combining", Watched)
    table = pyarrow.table(
        {"k": [at % 5 for at in range(1000)], "t": list(range(1000)), "a": [1] * 1000}
    )
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", 10)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(2)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("t")
    # one sender, so that it has all rows of a window
    rows = env.from_arrow(table).assign_timestamps_and_watermarks(strategy).set_parallelism(1)
    windows = rows.key_by("k").window(TumblingEventTimeWindows.of(Time.milliseconds(100)))
    with windows.aggregate(Sum("a")).execute_and_collect() as found:
        assert list(found) == [20] * 50
    assert sum(before for before, _ in seen) == 1000
    # a batch has two rows of a key, a window twenty; the row that closes a window begins the next
    assert 50 <= sum(after for _, after in seen) <= 60
