"""The settings of a program that have methods."""

from __future__ import annotations

from flinkette.contracts.execution_config import ExecutionConfig

__all__ = ["ExecutionConfig"]
