"""OutputTag: the name of a side output."""

from __future__ import annotations

from flinkette.contracts.output_tag import (
    OutputTag,
)

__all__ = [
    "OutputTag",
]
