"""How PyFlink 1.x ran batch programs."""

from __future__ import annotations

from flinkette.contracts.execution_config import ExecutionMode

__all__ = ["ExecutionMode"]
