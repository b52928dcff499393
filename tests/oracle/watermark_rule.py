"""Contract 2 for timestamps from a named field: which watermark follows each row."""

from __future__ import annotations

from oracle.oracle import MIN

__all__ = ["watermarks_after"]


def watermarks_after(times: list[int], bound: int, interval: int) -> list[int]:
    """Return the watermark in force after each row.

    The first row, and every row at which the largest time so far reaches another multiple of
    `interval`, announces that time - `bound` - 1.
    """
    largest, watermark, announced = MIN, MIN, []
    for time in times:
        if time > largest:
            if largest == MIN or time // interval > largest // interval:
                watermark = time - bound - 1
            largest = time
        announced.append(watermark)
    return announced
