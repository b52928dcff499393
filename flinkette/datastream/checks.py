"""Checks of the arguments of stream methods; each raises with the user's file and line."""

from __future__ import annotations

from typing import Any

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import Function
from flinkette.datastream.call_site import find_call_site

__all__ = [
    "MAX_PARALLELISM_LIMIT",
    "async_form",
    "described",
    "invalid_argument",
    "refuse_async",
    "require_function",
    "require_instance",
    "require_int",
    "require_output_type",
    "require_parallelism",
    "wrong_type",
]

MAX_PARALLELISM_LIMIT = 32768
"""Flink's bound: key groups are 15-bit numbers."""
CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR = 0x80, 0x100, 0x200


def wrong_type(message: str) -> InvalidTypeError:
    """Make the error for an argument of the wrong class, naming the user's line."""
    return InvalidTypeError(f"{message} (at {find_call_site()})")


def invalid_argument(message: str) -> InvalidPipelineError:
    """Make the error for an argument of a wrong value, naming the user's line."""
    return InvalidPipelineError(f"{message} (at {find_call_site()})")


def described(value: Any) -> str:
    """Return a value and its class for a message, cut to 100 characters."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 100 else text[:97] + '...'}"


def async_form(func: Any, method: str = "") -> str:
    """Tell whether a function must be awaited.

    Parameters
    ----------
    func : callable or Function
        What was passed to a stream method.
    method : str
        Name of the method that is called where `func` is a Function.

    Returns
    -------
    str
        "coroutine", "generator" (asynchronous), or "" for a plain function.

    Notes
    -----
    `inspect` is not asked: importing it costs every program milliseconds.
    """
    called: Any = getattr(func, method, None) if isinstance(func, Function) else func
    while hasattr(called, "func") and hasattr(called, "keywords"):  # functools.partial
        called = called.func
    if not hasattr(called, "__code__"):
        # a method, or an object that can be called
        called = getattr(called, "__func__", None) or vars(type(called)).get("__call__")
    flags = getattr(getattr(called, "__code__", None), "co_flags", 0)
    if flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE):
        return "coroutine"
    return "generator" if flags & CO_ASYNC_GENERATOR else ""


def refuse_async(method: str, func: Any, kinds: tuple[type, ...]) -> None:
    """Refuse a function that must be awaited, where nobody would."""
    names = {"open", "close", "on_timer"}.union(
        *(getattr(kind, "__abstractmethods__", ()) for kind in kinds)
    )
    for name in sorted(names) if isinstance(func, Function) else ("",):
        if async_form(func, name):
            what = f"{type(func).__name__}.{name}" if name else described(func)
            raise wrong_type(
                f"{method}() cannot await: {what} is declared as `async def`; use map(), "
                "flat_map() or filter() with a coroutine function, or AsyncDataStream"
            )


def require_function(method: str, func: Any, kind: type, *, may_wait: bool = False) -> None:
    """Accept an instance of `kind` or any callable; refuse function classes and other kinds.

    Functions that must be awaited are refused, too, unless the method `may_wait`.
    """
    if isinstance(func, type) and issubclass(func, Function):
        raise wrong_type(
            f"{method}() got {described(func)}, not an instance; pass {func.__name__}(...)"
        )
    if not isinstance(func, kind) and (isinstance(func, Function) or not callable(func)):
        raise wrong_type(
            f"{method}() needs a {kind.__name__} or a callable function, got {described(func)}"
        )
    if not may_wait:
        refuse_async(method, func, (kind,))


def require_instance(method: str, value: Any, *kinds: type, hint: str = "") -> None:
    """Accept an instance of one of `kinds`."""
    if isinstance(value, kinds):
        if isinstance(value, Function):
            refuse_async(method, value, kinds)
        return
    names = " or ".join(kind.__name__ for kind in kinds)
    remedy = f"; {hint}" if hint else ""
    if isinstance(value, type) and issubclass(value, kinds):
        remedy = f"; pass an instance: {value.__name__}(...)"
    raise wrong_type(f"{method}() needs a {names}, got {described(value)}{remedy}")


def require_output_type(method: str, output_type: Any) -> None:
    """Accept None or a TypeInformation."""
    from flinkette.contracts.typeinfo import TypeInformation

    if output_type is not None:
        require_instance(
            f"{method}(output_type=...)",
            output_type,
            TypeInformation,
            hint="types are made by flinkette.common.Types, for example Types.LONG()",
        )


def require_int(method: str, what: str, value: Any, *, least: int) -> int:
    """Accept an int that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(f"{method}(): {what} must be an int, got {described(value)}")
    if value < least:
        raise invalid_argument(f"{method}(): {what} must be at least {least}, got {value}")
    return value


def require_parallelism(method: str, parallelism: Any, *, what: str = "parallelism") -> None:
    """Accept 1 to 32768, and -1, which is Flink's word for "the default"."""
    if isinstance(parallelism, int) and parallelism == -1 and not isinstance(parallelism, bool):
        return
    require_int(method, what, parallelism, least=1)
    if parallelism > MAX_PARALLELISM_LIMIT:
        raise invalid_argument(
            f"{method}(): {what} must be at most {MAX_PARALLELISM_LIMIT}, got {parallelism}"
        )
