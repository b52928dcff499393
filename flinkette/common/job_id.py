"""The name of a job."""

from __future__ import annotations

from flinkette.contracts.job import JobID

__all__ = ["JobID"]
