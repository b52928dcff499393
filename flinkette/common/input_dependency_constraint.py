"""When PyFlink 1.x started a task."""

from __future__ import annotations

from flinkette.contracts.execution_config import InputDependencyConstraint

__all__ = ["InputDependencyConstraint"]
