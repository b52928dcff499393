"""Random window jobs from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

__all__ = ["KEYS", "Job", "grouped", "random_job"]

KEYS: dict[str, list[Any]] = {
    "int": [0, -1, 7, 2**40, 12345],
    "str": ["", "a", "ünï", "long key " * 5],
    "tuple": [("a", 1), ("a", 2), ("b", (1, None)), ()],
    "mixed": [1, 1.0, True, 0, 0.0, -0.0, False, "1"],
    "none": [None, "x", 0],
}
KINDS = ("tumbling", "sliding", "session", "dynamic session", "count", "sliding count")
FUNCTIONS = (
    "reduce",
    "reduce, process",
    "reduce, apply",
    "aggregate",
    "aggregate, process",
    "aggregate, apply",
    "process",
    "apply",
)


@dataclass(frozen=True)
class Job:
    """One window over bounded rows of (key, event time, value); times in milliseconds.

    `is_all`: window_all, where every row has the key None.
    """

    seed: int
    kind: str
    size: int
    slide: int
    offset: int
    lateness: int
    bound: int
    interval: int
    parallelism: int
    function: str
    key_type: str
    is_all: bool
    rows: tuple[tuple[Any, int, int], ...]

    @property
    def has_bounds(self) -> bool:
        """Whether results name their window."""
        return "," in self.function or self.function in ("process", "apply")

    @property
    def is_count(self) -> bool:
        """Whether windows are of rows, not of time."""
        return "count" in self.kind

    @property
    def is_session(self) -> bool:
        """Whether windows merge."""
        return "session" in self.kind

    def gap(self, value: int) -> int:
        """Return the session gap that a row asks for."""
        return self.size + value % 7 if self.kind == "dynamic session" else self.size


def random_job(seed: int) -> Job:
    """Make the job of a seed; every seed gives another, the same on every machine."""
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    is_all = rng.random() < 0.15
    key_type = rng.choice(list(KEYS))
    row_count = rng.choice([0, 1, 5, 40, 80, 80, 120])
    spread = rng.choice([0, 20, 50, 100])
    step = rng.choice([1, 4, 15])
    start = rng.choice([0, -50, 1_357_000_000_000])
    size = rng.choice([1, 7, 10, 25]) if "count" not in kind else rng.choice([1, 2, 5])
    slide = rng.choice([max(1, size // 2), max(1, size // 3), size, size + 3])
    return Job(
        seed=seed,
        kind=kind,
        size=size,
        slide=slide,
        offset=rng.choice([0, 0, 3, -2]) if min(size, slide) > 3 else 0,
        lateness=rng.choice([0, 5, 30, 60]),
        bound=rng.choice([0, 0, 2, 10]),
        interval=rng.choice([1, 5, 20]),
        parallelism=1 if is_all else rng.choice([1, 2, 3]),
        function=rng.choice(FUNCTIONS),
        key_type=key_type,
        is_all=is_all,
        rows=tuple(
            (
                None if is_all else rng.choice(KEYS[key_type]),
                start + index * step - rng.randint(0, spread),
                index,
            )
            for index in range(row_count)
        ),
    )


def grouped(results: list[tuple[Any, ...]], job: Job) -> dict[str, list[Any]]:
    """Order results so that equal ones are equal: per key, in order; sessions hold sets."""
    groups: dict[str, list[Any]] = {}
    for key, start, end, values in results:
        seen = tuple(sorted(values) if job.is_session else values)
        bounds = (start, end) if job.has_bounds and not job.is_count else ()
        groups.setdefault(repr(key), []).append((*bounds, seen))
    return groups
