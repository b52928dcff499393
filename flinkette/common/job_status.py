"""Where a job is in its life."""

from __future__ import annotations

from flinkette.contracts.job import JobStatus

__all__ = ["JobStatus"]
