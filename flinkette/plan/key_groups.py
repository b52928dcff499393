"""Key-group arithmetic (contract 10): which subtask owns which part of the keyed state."""

from __future__ import annotations

__all__ = ["MAX_PARALLELISM_LIMIT", "default_max_parallelism", "key_group_range"]

MAX_PARALLELISM_LIMIT = 32768


def default_max_parallelism(parallelism: int) -> int:
    """Flink's default: the next power of two of 1.5 x parallelism, within 128 .. 32768."""
    wanted = parallelism + parallelism // 2
    power = 1 << max(0, wanted - 1).bit_length()
    return min(max(power, 128), MAX_PARALLELISM_LIMIT)


def key_group_range(subtask_index: int, parallelism: int, max_parallelism: int) -> tuple[int, int]:
    """First and last key group of a subtask (both inclusive), as Flink ranges them."""
    first = (subtask_index * max_parallelism + parallelism - 1) // parallelism
    last = ((subtask_index + 1) * max_parallelism - 1) // parallelism
    return first, last
