"""The limits of 64-bit times."""

from __future__ import annotations

from flinkette.contracts.windows import MAX_TIMESTAMP as MAX_LONG_VALUE
from flinkette.contracts.windows import MIN_TIMESTAMP as MIN_LONG_VALUE

__all__ = ["MAX_LONG_VALUE", "MIN_LONG_VALUE"]
