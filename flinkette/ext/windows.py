"""Windows that PyFlink lacks."""

from __future__ import annotations

from flinkette.contracts.cumulative_windows import CumulativeEventTimeWindows

__all__ = ["CumulativeEventTimeWindows"]
