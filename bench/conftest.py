"""How benchmarks are timed: alone, or side by side with the plain Python they stand in for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import flinkette
from bench.machine import machine_load
from bench.pairs import Pairs, timed
from bench.turns import FEWEST_ROWS, IS_QUICK, Point, common_rows, sample

ROUNDS = 3 if IS_QUICK else 15


@pytest.fixture
def time_rows(benchmark: Any) -> Callable[..., None]:
    """Time `function(*arguments)` over `rows` rows; `prepare` makes the arguments of each round."""

    def run(
        function: Callable[..., Any],
        rows: int,
        prepare: Callable[[], tuple[Any, ...]] = tuple,
    ) -> None:
        benchmark.pedantic(
            function,
            setup=lambda: (prepare(), {}),
            rounds=3 * ROUNDS,
            warmup_rounds=2,
            iterations=1,
        )
        add_rate(benchmark, rows)

    return run


@pytest.fixture
def time_beside(benchmark: Any) -> Callable[..., None]:
    """Time `ours()` right after `bare()` in every round; the ratio is bare time over ours."""

    def run(
        ours: Callable[[], Any], bare: Callable[[], Any], rows: int | None, rounds: int = ROUNDS
    ) -> None:
        bare_s: list[float] = []
        before = machine_load()
        benchmark.pedantic(
            ours,
            setup=lambda: bare_s.append(timed(bare)),
            rounds=rounds,
            warmup_rounds=1,
            iterations=1,
        )
        if benchmark.stats is None:  # --benchmark-disable
            return
        benchmark.extra_info["load"] = machine_load().since(before).shares()
        ours_s = list(benchmark.stats.stats.data)
        benchmark.extra_info["seconds"] = ours_s
        pairs = Pairs(bare_s[-len(ours_s) :], ours_s)
        benchmark.extra_info["ratio_best"] = pairs.best
        benchmark.extra_info["ratio_median"] = pairs.median
        benchmark.extra_info["ratio_low"] = pairs.ratios[0]
        benchmark.extra_info["ratio_high"] = pairs.ratios[-1]
        benchmark.extra_info["bare_s"] = min(pairs.bare_s)
        if rows is not None:
            add_rate(benchmark, rows)

    return run


@pytest.fixture
def time_turns(benchmark: Any) -> Callable[..., None]:
    """Time several functions in turns; the report makes ratios and curves of the rounds.

    `rows` says how many rows a call has. With `most`, a function takes that number as its argument
    and gets as many as it does in a moment: all the same number, unless one is far slower, or needs
    `least` rows to be what it is.
    """

    def run(
        points: Mapping[str, Callable[..., Any]],
        rows: int | Mapping[str, int] | None = None,
        most: Mapping[str, int] | None = None,
        least: Mapping[str, int] | None = None,
        rounds: int = 7,
    ) -> None:
        rounds = min(rounds, ROUNDS)
        fitting: dict[str, int] = {}
        if most is not None and not benchmark.disabled:
            fitting = common_rows(points, most, least or {})
        timed_here: dict[str, Point] = {}
        calls: dict[str, Callable[[], Any]] = {}
        for name, function in points.items():
            if most is None:
                given = rows[name] if isinstance(rows, Mapping) else rows
                assert given is not None
                calls[name] = function
            else:
                given = FEWEST_ROWS if benchmark.disabled else fitting[name]
                calls[name] = partial(function, given)
            timed_here[name] = Point(given)

        def one_round(keep: bool) -> None:
            for name, call in calls.items():
                took = sample(call)
                if keep:
                    timed_here[name].add(took)

        one_round(keep=False)
        if benchmark.disabled:
            benchmark.pedantic(lambda: None)
            return
        before = machine_load()
        benchmark.pedantic(one_round, args=(True,), rounds=rounds, iterations=1)
        elsewhere_s = sum(point.elsewhere_s for point in timed_here.values())
        benchmark.extra_info["load"] = machine_load().since(before).shares(elsewhere_s)
        benchmark.extra_info["turns"] = {name: vars(point) for name, point in timed_here.items()}

    return run


def add_rate(benchmark: Any, rows: int) -> None:
    """Note rows per second: in the median round and in the best."""
    if benchmark.stats is None:  # --benchmark-disable
        return
    benchmark.extra_info["rows"] = rows
    benchmark.extra_info["rows_per_s"] = rows / benchmark.stats.stats.median
    benchmark.extra_info["rows_per_s_best"] = rows / benchmark.stats.stats.min


@pytest.fixture
def start_python(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start a Python of its own, outside the source tree, on the flinkette that is measured."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(flinkette.__file__).parent.parent),
        # Bytecode is cached, as it is for an installed package, but not in the source tree.
        "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start
