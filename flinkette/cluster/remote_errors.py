"""Exceptions on their way from a worker to the client, with their causes and tracebacks."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import msgspec

from flinkette.contracts.errors import JobExecutionError

__all__ = ["RemoteTraceback", "decode_error", "encode_error"]

MAX_CHAIN = 16


class RemoteTraceback(Exception):
    """Stands as the cause of an exception that was raised in a worker; its text says where."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return "\n" + self.text


class _Link(msgspec.Struct):
    """One exception of a chain."""

    pickled: bytes | None
    name: str
    message: str
    traceback: str
    is_cause: bool
    """The next one was given by `raise ... from`; else it was being handled."""


def encode_error(error: BaseException) -> bytes:
    """Write an exception and what it came from."""
    links: list[_Link] = []
    current: BaseException | None = error
    while current is not None and len(links) < MAX_CHAIN:
        is_cause = current.__cause__ is not None
        links.append(
            _Link(
                _pickled(current),
                type(current).__qualname__,
                str(current),
                "".join(
                    traceback.format_exception(
                        type(current), current, current.__traceback__, chain=False
                    )
                ),
                is_cause,
            )
        )
        follows = current.__cause__
        if follows is None and not current.__suppress_context__:
            follows = current.__context__
        current = follows
    return msgspec.msgpack.encode(links)


def decode_error(data: bytes) -> BaseException:
    """Make the exception again; one that cannot be made here is a JobExecutionError of its text."""
    earlier: BaseException | None = None
    for link in reversed(msgspec.msgpack.decode(data, type=list[_Link])):
        error = _unpickled(link)
        if earlier is None:
            error.__cause__ = RemoteTraceback(link.traceback)
        elif link.is_cause:
            error.__cause__ = earlier
        else:
            error.__context__ = earlier
        earlier = error
    assert earlier is not None
    return earlier


def _pickled(error: BaseException) -> bytes | None:
    import cloudpickle

    try:
        data: bytes = cloudpickle.dumps(error)
        made_again: Any = pickle.loads(data)
    except Exception:
        return None
    return data if type(made_again) is type(error) else None


def _unpickled(link: _Link) -> BaseException:
    if link.pickled is not None:
        try:
            error: BaseException = pickle.loads(link.pickled)
        except Exception:  # noqa: S110 - its text is left
            pass
        else:
            return error
    return JobExecutionError(f"{link.name}: {link.message}")
