"""Calling what users pass in: plain callables and function objects alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.functions import Function
from flinkette.runtime.failures import NO_ROW, make_error

if TYPE_CHECKING:
    from flinkette.contracts.functions import RuntimeContext
    from flinkette.runtime.operator import OperatorInfo

__all__ = ["bound", "close_all", "open_function"]


def bound(func: Any, method: str) -> Any:
    """Return the method of a function object, or a plain callable itself."""
    return getattr(func, method) if isinstance(func, Function) else func


def open_function(func: Function, context: RuntimeContext, info: OperatorInfo) -> None:
    """Open a function; an error names its operator."""
    try:
        func.open(context)
    except Exception as error:
        raise make_error(info, error, NO_ROW, None, None) from error


def close_all(functions: list[Function], info: OperatorInfo) -> None:
    """Close every function, then raise the first error one of them raised."""
    first: Exception | None = None
    for func in functions:
        try:
            func.close()
        except Exception as error:
            first = first or make_error(info, error, NO_ROW, None, None)
    if first is not None:
        raise first
