"""Pairs: ours and a peer in turns on the same job, after both have given the right results."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bench.machine import machine_load
from bench.peers.child import Child, ChildError
from bench.peers.engines import serving
from bench.peers.registry import Peer, Unavailable, ours

__all__ = ["Comparison", "WrongResults", "compare", "expected", "result_count", "verify"]

RUN_S = 0.5  # about how long one timed run may take
PROBE_ROWS = 20_000
FEWEST_ROWS = 10_000


class WrongResults(Exception):
    """An engine's results are not those of numpy, or not as many as they must be."""


@dataclass
class Side:
    """What one engine of a pair did."""

    name: str
    rows: int
    start_s: float = 0.0  # from starting the process to its first answer, rows made
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    job_start_s: float = 0.0  # what a run of almost no rows takes, where that is subtracted
    versions: dict[str, str] = field(default_factory=dict)
    tuning: str = ""

    def rows_per_s(self, wall_s: float) -> float:
        """Rate of a run."""
        return self.rows / max(wall_s - self.job_start_s, 1e-9)


@dataclass
class Comparison:
    """One job on ours and a peer, or why there is none."""

    job: str
    keys: int
    threads: int
    peer: str
    skipped: str = ""
    load: dict[str, float] = field(default_factory=dict)
    ours: Side | None = None
    theirs: Side | None = None

    @property
    def ratios(self) -> list[float]:
        """Our rate over theirs, of each pair, lowest first."""
        assert self.ours is not None
        assert self.theirs is not None
        ours_s = map(self.ours.rows_per_s, self.ours.wall_s)
        theirs_s = map(self.theirs.rows_per_s, self.theirs.wall_s)
        return sorted(a / b for a, b in zip(ours_s, theirs_s, strict=True))

    @property
    def ratio(self) -> float:
        """Median of the pairs."""
        return statistics.median(self.ratios)

    def line(self) -> str:
        """Say it in one line."""
        head = f"{self.job:9} {self.keys:9} keys  {self.peer:30} {self.threads} thread(s)"
        if self.ours is None or self.theirs is None:
            return f"{head}  skipped: {self.skipped}"
        ours, theirs = (
            side.rows_per_s(statistics.median(side.wall_s)) / 1e6
            for side in (self.ours, self.theirs)
        )
        return (
            f"{head}  ours {ours:8.3f} M rows/s, theirs {theirs:8.3f}, ratio {self.ratio:8.2f} "
            f"({self.ratios[0]:.2f} - {self.ratios[-1]:.2f}) {self.load}"
        )

    def as_json(self) -> dict[str, Any]:
        """Everything measured."""
        return asdict(self)


def grouped(job: str, rows: int, keys: int) -> Iterator[tuple[int, int, int]]:
    """Give the job's results from numpy alone: key, start of the window, sum."""
    key, time_ms, value = serving.numpy_columns(job, rows, keys)
    if job == "lines":
        numbers, counts = np.unique(key, return_counts=True)
        starts = [serving.START_MS] * len(numbers)
        yield from zip(numbers.tolist(), starts, counts.tolist(), strict=True)
        return
    slide = serving.slide_ms(job)
    newest = time_ms - time_ms % slide
    for back in range(serving.WINDOW_MS // slide):
        group = (newest - back * slide - serving.START_MS) // slide * keys + key
        groups, first, inverse = np.unique(group, return_index=True, return_inverse=True)
        sums = np.bincount(inverse, weights=value).astype(np.int64)
        starts = newest[first] - back * slide
        yield from zip(key[first].tolist(), starts.tolist(), sums.tolist(), strict=True)
        assert len(groups) == len(sums)


def expected(job: str, rows: int, keys: int) -> dict[str, int]:
    """Return what `check` must answer. Parts of a sliding window are added up first."""
    sums: dict[tuple[int, int], int] = {}
    for key, start, value in grouped(job, rows, keys):
        sums[key, start] = sums.get((key, start), 0) + value
    return serving.digest((key, start, value) for (key, start), value in sums.items())


def result_count(job: str, rows: int, keys: int) -> int:
    """Return how many results a run has: each window has as many keys as rows, up to all keys."""
    if job == "lines":
        return min(rows, keys)
    per_slide = serving.slide_ms(job) * serving.ROWS_PER_MS
    per_window = serving.WINDOW_MS * serving.ROWS_PER_MS
    count = 0
    for first in range(per_slide - per_window, rows, per_slide):
        inside = min(first + per_window, rows) - max(first, 0)
        count += min(inside, keys)
    return count


def verify(peer: Peer, child: Child, job: str, keys: int, rows: int) -> None:
    """Compare an engine's results with numpy's."""
    found, wanted = child.check(rows), expected(job, rows, keys)
    if found != wanted:
        raise WrongResults(f"{peer.name}, {job}, {keys} keys, {rows} rows: {found} != {wanted}")


def timed(child: Child, job: str, keys: int, rows: int) -> dict[str, Any]:
    """Run once; a wrong number of results is an error."""
    done = child.run(rows)
    if done["results"] not in (None, result_count(job, rows, keys)):
        wanted = result_count(job, rows, keys)
        raise WrongResults(f"{child.name}, {job}: {done['results']} results instead of {wanted}")
    return done


def fitting_rows(child: Child, peer: Peer, job: str, keys: int) -> int:
    """Choose rows for a run of about RUN_S, in steps of 1, 2, 5; runs once more to warm up."""
    rows, done_s = PROBE_ROWS, 0.0
    while rows < peer.most_rows and done_s < RUN_S / 8:
        rows = min(rows * 5, peer.most_rows)
        done_s = timed(child, job, keys, rows)["wall_s"]
    wanted = min(rows / max(done_s, 1e-9) * RUN_S, peer.most_rows)
    steps = [step * 10**power for power in range(3, 9) for step in (1, 2, 5)]
    return max(step for step in [FEWEST_ROWS, *steps] if step <= max(wanted, FEWEST_ROWS))


class Runner:
    """An engine that is started, checked and warm."""

    def __init__(self, peer: Peer, job: str, keys: int, threads: int) -> None:
        self.peer, self.job, self.keys = peer, job, keys
        self.cpu_s = 0.0  # of all turns; the process still runs
        request = peer.request(job, keys, threads, peer.most_rows)
        self.child = Child(peer.name, peer.find(), request)
        verify(peer, self.child, job, keys, peer.check_rows)
        rows = peer.most_rows if peer.has_job_start else self.fitting()
        self.side = Side(peer.name, rows, self.child.start_s, **self.child.hello)

    def fitting(self) -> int:
        return fitting_rows(self.child, self.peer, self.job, self.keys)

    def forget(self) -> None:
        """Start over."""
        self.side.wall_s.clear()
        self.side.cpu_s.clear()
        self.cpu_s = 0.0

    def turn(self) -> None:
        """Run once; where a job's start counts, once more with few rows first."""
        if self.peer.has_job_start:
            few = timed(self.child, self.job, self.keys, max(self.side.rows // 50, 100))
            self.cpu_s += few["cpu_s"]
            starts = self.side.job_start_s
            self.side.job_start_s = min(starts, few["wall_s"]) if starts else few["wall_s"]
        done = timed(self.child, self.job, self.keys, self.side.rows)
        self.side.wall_s.append(done["wall_s"])
        self.side.cpu_s.append(done["cpu_s"])
        self.cpu_s += done["cpu_s"]


def compare(peer: Peer, job: str, keys: int, threads: int, rounds: int | None = None) -> Comparison:
    """Time pairs of a peer and our program of the same kind; what is missing is skipped."""
    made = Comparison(job, keys, threads, peer.name)
    try:
        peer.find()
    except Unavailable as reason:
        made.skipped = str(reason)
        return made
    # One worker of ours is compared with two threads of a peer, but for lines: two workers cost
    # more than they bring where columns are summed.
    runners = [Runner(ours(peer, job), job, keys, threads if job == "lines" else 1)]
    try:
        runners.append(Runner(peer, job, keys, threads))
        for runner in runners:  # the first pair warms up
            runner.turn()
            runner.forget()
        before = machine_load()
        for _ in range(rounds or peer.rounds):
            for runner in runners:
                runner.turn()
        made.load = machine_load().since(before).shares(sum(each.cpu_s for each in runners))
        made.ours, made.theirs = (runner.side for runner in runners)
    except ChildError as reason:
        if reason.name != peer.name:
            raise  # ours failed, and that is no reason to go on
        made.skipped = str(reason)
    finally:
        for runner in runners:
            runner.child.close()
    return made
