"""Timing two functions in turns: the ratio survives a machine that others use too."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Pairs", "best_ratio"]


@dataclass
class Pairs:
    """Seconds of a bare loop and of ours, one pair per round."""

    bare_s: list[float] = field(default_factory=list)
    ours_s: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """Best bare time over our best: both as they are when nobody disturbs them."""
        return min(self.bare_s) / min(self.ours_s)

    @property
    def ratios(self) -> list[float]:
        """Each pair's ratio, lowest first."""
        return sorted(bare / ours for bare, ours in zip(self.bare_s, self.ours_s, strict=True))

    @property
    def median(self) -> float:
        """Median of the pairs' ratios."""
        return statistics.median(self.ratios)


def timed(function: Callable[[], Any]) -> float:
    """Seconds of one call, which starts with as little garbage as the other's."""
    gc.collect()
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def best_ratio(
    bare: Callable[[], Any],
    ours: Callable[[], Any],
    *,
    at_least: float,
    rounds: int = 7,
    max_rounds: int = 28,
) -> Pairs:
    """Time pairs until the best of each side reach the ratio, or `max_rounds` are over.

    Noise only ever makes a time longer, so that more rounds bring both sides nearer to the truth:
    a side that was disturbed in all of the first rounds does not decide.
    """
    pairs = Pairs()
    for turn in range(max_rounds):
        if turn >= rounds and pairs.best >= at_least:
            break
        pairs.bare_s.append(timed(bare))
        pairs.ours_s.append(timed(ours))
    return pairs
