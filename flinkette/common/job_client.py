"""The handle of a job."""

from __future__ import annotations

from flinkette.contracts.job import JobClient

__all__ = ["JobClient"]
