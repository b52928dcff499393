"""From an exception in user code to one error that says what, where, which value, what to do."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.contracts.errors import SinkError, SourceError
    from flinkette.runtime.operator import OperatorInfo

__all__ = ["NO_ROW", "ConnectorErrors", "key_error", "make_error", "make_row_error"]

NO_ROW = object()
"""Stands for the row of an error that no row caused."""
VALUE_LIMIT = 1000
INPUT_NAMES = ("first", "second")
ENGINE_FOLDER = str(Path(__file__).resolve().parent.parent)
ASYNCIO_FOLDER = str(Path(traceback.__file__).parent / "asyncio")
"""Found by its neighbour: few programs import it, and it is slow to import."""


def make_error(
    info: OperatorInfo, error: BaseException, value: Any, key: Any, timestamp_ms: int | None
) -> Exception:
    """Wrap what user code raised; errors that already say everything pass through."""
    from flinkette._native.row_context import Firing
    from flinkette._native.values import ConversionError
    from flinkette._native.window import MissingTimestamp
    from flinkette.contracts import errors
    from flinkette.graph.operators import IntervalJoinDescription

    if isinstance(error, errors.FlinketteError):
        return error
    is_timer = isinstance(value, Firing)
    where = _where(info, names_input=not is_timer)
    text = "" if value is NO_ROW or is_timer else value_text(value)
    occasion = f"; row: {text}" if text else ""
    if isinstance(value, Firing):
        occasion = f"; {value.what}"
    if isinstance(error, MissingTimestamp):
        taker, other_way = "an event-time window", "the window, or use processing-time windows"
        if isinstance(info.node.operator, IntervalJoinDescription):
            taker, other_way = "an interval join", "key_by(...)"
        return errors.MissingTimestampError(
            f"{where}: {taker} got a row without a timestamp: {text}; call "
            f"assign_timestamps_and_watermarks(...) with a timestamp assigner before {other_way}"
        )
    if isinstance(error, ConversionError):
        converted = errors.RowConversionError(
            f"{where}: a row does not fit the declared type: {error}{occasion}; change the "
            "declared output type or the value the function returns"
        )
        converted.__cause__ = error
        return converted
    place = user_place(error)
    details = "".join(
        (
            f"; key: {value_text(key)}" if key is not None else "",
            f"; event time: {timestamp_ms} ms" if timestamp_ms is not None else "",
        )
    )
    wrapped = errors.UserFunctionError(
        f"{where}: {type(error).__name__}: {error}{place}{occasion}{details}"
    )
    wrapped.operator = info.name
    wrapped.call_site = str(info.node.call_site)
    wrapped.key = key
    wrapped.timestamp_ms = timestamp_ms
    wrapped.value_text = text
    wrapped.subtask = info.subtask_index
    wrapped.__cause__ = error
    return wrapped


class ConnectorErrors:
    """Say which operator an error of a connector belongs to; foreign errors become `kind`.

    A context manager that can be entered again and again: one serves an operator for life.
    """

    def __init__(self, info: OperatorInfo, kind: type[SinkError | SourceError]) -> None:
        self._info = info
        self._kind = kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Exception):
            self.explain(error)

    def explain(self, error: Exception) -> None:
        """Add the place to an error that says all else; raise `kind` for others."""
        from flinkette.contracts.errors import FlinketteError

        info = self._info
        if isinstance(error, FlinketteError):
            if str(info.node.call_site) not in str(error):
                error.args = (f"{_where(info)}: {error}",)
            return
        text = f"{_where(info)}: {type(error).__name__}: {error}{user_place(error)}"
        raise self._kind(text) from error


def key_error(info: OperatorInfo, batch: Batch, error: Exception) -> Exception:
    """Say which row has a key that cannot be encoded."""
    from flinkette._native.keys import encode_key
    from flinkette.contracts.errors import KeyEncodingError

    keys = batch.keys if isinstance(batch.keys, list) else batch.keys.to_objects()
    for key, row in zip(keys, batch.objects(), strict=True):
        try:
            encode_key(key)
        except Exception as reason:
            made = KeyEncodingError(
                f"{_where(info)}: {reason}; key: {value_text(key)}; row: {value_text(row)}"
            )
            made.__cause__ = reason
            return made
    return make_error(info, error, NO_ROW, None, None)


def _where(info: OperatorInfo, *, names_input: bool = True) -> str:
    where = f"operator {info.name!r} ({info.node.call_site})"
    if info.input_index is not None and names_input:
        where += f", {INPUT_NAMES[info.input_index]} input"
    if info.parallelism > 1:
        where += f", subtask {info.subtask_index + 1}/{info.parallelism}"
    return where


def make_row_error(value: Any, failure: Exception) -> Any:
    """Build the value a side output of failed rows receives."""
    from flinkette.contracts.row_error import RowError

    return RowError(
        value=value,
        error=str(failure),
        operator=getattr(failure, "operator", None),
        key=getattr(failure, "key", None),
        timestamp_ms=getattr(failure, "timestamp_ms", None),
    )


def value_text(value: Any) -> str:
    """Repr of a user value, cut to 1 kB; a value whose repr raises is named by its type."""
    try:
        text = repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}… ({len(text)} characters)"


def user_place(error: BaseException) -> str:
    """` at file:line in function` of the innermost frame that is the user's, if there is one."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(ENGINE_FOLDER) and not frame.filename.endswith(".pyx"):
            return f" at {frame.filename}:{frame.lineno} in {frame.name}"
    return ""
