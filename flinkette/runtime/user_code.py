"""Calling what users pass in: plain callables and function objects alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.functions import Function
from flinkette.runtime.failures import make_error

if TYPE_CHECKING:
    from flinkette.runtime.operator import OperatorInfo

__all__ = ["bound", "close_all"]


def bound(func: Any, method: str) -> Any:
    """Return the method of a function object, or a plain callable itself."""
    return getattr(func, method) if isinstance(func, Function) else func


def close_all(functions: list[Function], info: OperatorInfo) -> None:
    """Close every function, then raise the first error one of them raised."""
    first: Exception | None = None
    for func in functions:
        try:
            func.close()
        except Exception as error:
            first = first or make_error(info, error, None, None, None)
    if first is not None:
        raise first
