"""A value that will be known later."""

from __future__ import annotations

from flinkette.contracts.job import CompletableFuture

__all__ = ["CompletableFuture"]
