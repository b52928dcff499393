"""Random jobs of windows with triggers and evictors, from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["KINDS", "TRIGGERS", "FiredJob", "random_fired_job"]

KINDS = ("tumbling", "sliding", "session", "own sessions", "global")
TRIGGERS = ("default", "count", "purging count", "purging default", "continuous", "own")
EVICTORS = (None, "count", "time", "delta")
FUNCTIONS = ("process", "apply", "reduce, process", "aggregate, apply")


@dataclass(frozen=True)
class FiredJob:
    """Windows over bounded rows of (key, event time, value); times in milliseconds.

    `of` is what the trigger counts or how long it waits, `keep` what the evictor keeps. "own
    sessions" are made by a merging assigner written in Python, "own" is a trigger written in it.
    """

    seed: int
    kind: str
    size: int
    slide: int
    trigger: str
    of: int
    evictor: str | None
    keep: int
    evicts_after: bool
    lateness: int
    bound: int
    interval: int
    parallelism: int
    function: str
    rows: tuple[tuple[str, int, int], ...]
    is_all: bool = False

    @property
    def is_count(self) -> bool:
        """Whether windows have no bounds to tell."""
        return self.kind == "global"

    @property
    def is_session(self) -> bool:
        """Whether windows merge."""
        return "session" in self.kind


def random_fired_job(seed: int) -> FiredJob:
    """Make the job of a seed; kinds, triggers and evictors come in turn, the rest by chance."""
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    triggers = ("count", "purging count", "own") if kind == "global" else TRIGGERS
    trigger = triggers[seed // len(KINDS) % len(triggers)]
    size = rng.choice([7, 10, 25])
    spread = rng.choice([0, 20, 50, 100])
    step = rng.choice([1, 4, 15])
    start = rng.choice([0, -50, 1_357_000_000_000])
    return FiredJob(
        seed=seed,
        kind=kind,
        size=size,
        slide=rng.choice([size // 2, size // 3, size + 3]),
        trigger=trigger,
        of=rng.choice([1, 2, 3, 5]),
        evictor=rng.choice(EVICTORS),
        keep=rng.choice([1, 2, 5, 20]),
        evicts_after=rng.random() < 0.5,
        lateness=rng.choice([0, 5, 30, 60]),
        bound=rng.choice([0, 0, 2, 10]),
        interval=rng.choice([1, 5, 20]),
        parallelism=rng.choice([1, 2, 3]),
        function=rng.choice(FUNCTIONS),
        rows=tuple(
            (rng.choice("abc"), start + index * step - rng.randint(0, spread), index)
            for index in range(rng.choice([5, 40, 80]))
        ),
    )
