"""Random windows of built-in aggregates, to be run over slices and by the general operator."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

__all__ = ["SliceJob", "random_slice_job"]

KEYS: dict[str, list[Any]] = {
    "int": [0, -1, 7, 2**40, 12345],
    "many ints": list(range(300)),
    "str": ["", "a", "ünï", "long key " * 5],
    "double": [0.0, -0.0, 1.5, float("inf")],
    "boolean": [True, False],
    "null": [None, 3, 4],
    "computed": [0, 1, 2, 3, 4, 5, 6],
}
FLOATS = [0.0, 0.1, -3.25, 1e9, 1.5, 7.0]


@dataclass(frozen=True)
class SliceJob:
    """One window over bounded rows of (key, event time, int or None, float); times in ms.

    `aggregates`: names of classes with the field they read, or None. `source`: "columns" or
    "objects". `is_all`: window_all, where every row has the key None.
    """

    seed: int
    kind: str
    size: int
    slide: int
    offset: int
    lateness: int
    has_late_output: bool
    bound: int
    interval: int
    parallelism: int
    key_type: str
    source: str
    is_all: bool
    aggregates: tuple[tuple[str, str | None], ...]
    with_key: bool
    with_window: bool
    rows: tuple[tuple[Any, int, int | None, float], ...]


AGGREGATES: tuple[tuple[str, str | None], ...] = (
    ("Sum", "v"),
    ("Count", None),
    ("Count", "v"),
    ("Min", "v"),
    ("Max", "v"),
    ("Avg", "v"),
    ("Sum", "f"),
    ("Min", "f"),
    ("Max", "f"),
    ("Avg", "f"),
    ("First", "v"),
    ("Last", "f"),
    ("StdDev", "f"),
    ("Variance", "v"),
    ("MinBy", "v"),
    ("MaxBy", "f"),
    ("Collect", "v"),
    ("CountDistinct", "v"),
    ("ApproxCountDistinct", "f"),
    ("Median", "v"),
)


def random_slice_job(seed: int) -> SliceJob:
    """Make the job of a seed; every seed gives another, the same on every machine."""
    rng = random.Random(seed)
    kind = ("tumbling", "sliding", "sliding", "cumulative")[seed % 4]
    is_all = rng.random() < 0.1
    key_type = rng.choice(list(KEYS))
    slide = rng.choice([1, 3, 4, 7, 10])
    size = slide * rng.choice([1, 2, 5]) if kind == "cumulative" else rng.choice([1, 7, 10, 25, 60])
    limit = slide if kind == "sliding" else size
    row_count = rng.choice([0, 1, 5, 40, 80, 80, 120, 400])
    spread = rng.choice([0, 20, 50, 100])
    step = rng.choice([1, 4, 15])
    start = rng.choice([0, -50, 1_357_000_000_000])
    has_nulls = rng.random() < 0.3
    with_key = rng.random() < 0.8 and not is_all
    return SliceJob(
        seed=seed,
        kind=kind,
        size=size,
        slide=slide,
        offset=rng.choice([0, 0, 3, -2]) if limit > 3 else 0,
        lateness=rng.choice([0, 0, 5, 30, 60]),
        has_late_output=rng.random() < 0.6,
        bound=rng.choice([0, 0, 2, 10]),
        interval=rng.choice([1, 5, 20]),
        parallelism=1 if is_all else rng.choice([1, 1, 2, 3]),
        key_type=key_type,
        source=rng.choice(["columns", "columns", "objects"]),
        is_all=is_all,
        aggregates=tuple(rng.sample(AGGREGATES, rng.choice([1, 1, 2, 4]))),
        with_key=with_key,
        with_window=rng.random() < 0.8,
        rows=tuple(
            (
                rng.choice(KEYS[key_type]),
                start + index * step - rng.randint(0, spread),
                None if has_nulls and rng.random() < 0.3 else rng.randint(-1000, 1000),
                rng.choice(FLOATS),
            )
            for index in range(row_count)
        ),
    )
