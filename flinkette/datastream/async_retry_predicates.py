"""Ready-made questions that decide whether a call is repeated."""

from __future__ import annotations

from flinkette.contracts.async_retry import (
    empty_result_predicate,
    exception_type_predicate,
    has_exception_predicate,
)

__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]
