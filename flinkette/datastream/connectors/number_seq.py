"""NumberSequenceSource: the integers of a range."""

from __future__ import annotations

from flinkette.connectors.number_sequence import NumberSequenceSource

__all__ = ["NumberSequenceSource"]
