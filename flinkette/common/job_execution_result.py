"""What is known of a job that came to its end."""

from __future__ import annotations

from flinkette.contracts.job import JobExecutionResult

__all__ = ["JobExecutionResult"]
