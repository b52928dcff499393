"""What travels on a channel besides batches."""

from __future__ import annotations

from dataclasses import dataclass

from flinkette._native.batch import Batch

__all__ = [
    "MAX_WATERMARK_MS",
    "MIN_WATERMARK_MS",
    "Arrival",
    "Element",
    "EndOfInput",
    "InputBatch",
    "StatusChange",
    "Watermark",
]

MAX_WATERMARK_MS = 2**63 - 1
MIN_WATERMARK_MS = -(2**63)


@dataclass(frozen=True)
class Watermark:
    """No row with an event time at or before `time_ms` (ms since 1970) is expected any more."""

    time_ms: int


@dataclass(frozen=True)
class StatusChange:
    """The channel became idle (its watermark does not count) or active again."""

    is_idle: bool


@dataclass(frozen=True)
class EndOfInput:
    """The last element of a channel."""


@dataclass(frozen=True)
class InputBatch:
    """A batch on its way from a gate to an operator with two inputs; never on a channel."""

    batch: Batch
    input_index: int
    """0: the first of the connected streams, 1: the second."""


Element = Batch | Watermark | StatusChange | EndOfInput
Arrival = Element | InputBatch
"""What a gate hands to the first operator behind it."""
