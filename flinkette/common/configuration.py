"""The settings of a program."""

from __future__ import annotations

from flinkette.contracts.config import Configuration

__all__ = ["Configuration"]
