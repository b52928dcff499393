"""What user code prints in a worker, on its way to the client with the name of the subtask."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ForwardedStream"]

FLUSH_CHARACTERS = 1 << 16


class ForwardedStream(io.TextIOBase):
    """Stands for `sys.stdout` or `sys.stderr`. Lines begin with the subtask that runs.

    Parameters
    ----------
    send : callable
        Takes text.

    Attributes
    ----------
    subtask : str
        Name of the subtask that runs, empty between turns.
    rows : ForwardedRows
        The same stream for sinks, whose lines go as they are.
    """

    encoding = "utf-8"

    def __init__(self, send: Callable[[str], None]) -> None:
        super().__init__()
        self.subtask = ""
        self.rows = ForwardedRows(self)
        self._send = send
        self._parts: list[str] = []
        self._num_characters = 0
        self._is_at_line_start = True

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Take a user's text."""
        if not text:
            return 0
        if self.subtask:
            prefix = f"[{self.subtask}] "
            lines = text.splitlines(keepends=True)
            marked = [prefix + line for line in lines[1:]]
            first = prefix + lines[0] if self._is_at_line_start else lines[0]
            self.write_raw("".join((first, *marked)))
        else:
            self.write_raw(text)
        self._is_at_line_start = text.endswith("\n")
        return len(text)

    def write_raw(self, text: str) -> None:
        """Take text as it is."""
        self._parts.append(text)
        self._num_characters += len(text)
        if self._num_characters >= FLUSH_CHARACTERS:
            self.hand_on()

    def flush(self) -> None:
        """Hand on what was written: a user who flushes wants it seen."""
        self.hand_on()

    def hand_on(self) -> None:
        """Send what was written since the last time; called after each turn of the worker."""
        if self._parts:
            text = "".join(self._parts)
            self._parts.clear()
            self._num_characters = 0
            self._send(text)


class ForwardedRows(io.TextIOBase):
    """Text of sinks: no prefix."""

    def __init__(self, stream: ForwardedStream) -> None:
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        """Take text as it is."""
        self._stream.write_raw(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._stream.hand_on()
