"""What came out of a harness: rows with their event times, and the watermark behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flinkette._native.batch import Batch
from flinkette.contracts.windows import MIN_TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.output_tag import OutputTag
    from flinkette.exchange.gate import Gate
    from flinkette.testing.history import History

__all__ = ["Collected", "MadeRow"]


class MadeRow(NamedTuple):
    """A row that came out.

    Attributes
    ----------
    value : object
        The row.
    time_ms : int or None
        Its event time, None if it has none.
    """

    value: Any
    time_ms: int | None


class Collected:
    """The rows of one stream, as far as they have come out.

    Parameters
    ----------
    name : str
        What failure messages call the stream.
    history : History
        What happened in the harness.
    tag : OutputTag, optional
        The side output, if it is one.
    """

    def __init__(self, name: str, history: History, tag: OutputTag | None = None) -> None:
        self.name = name
        self.history = history
        self.tag = tag
        self._gate: Gate | None = None
        self._made: list[MadeRow] = []
        self._begin = 0

    def output(self) -> list[MadeRow]:
        """Return the rows with their event times, since the beginning or the last `clear`.

        Returns
        -------
        list of MadeRow
            In the order in which they came out.
        """
        return self._made[self._begin :]

    def rows(self) -> list[Any]:
        """Return the rows, since the beginning or the last `clear`.

        Returns
        -------
        list
            In the order in which they came out.
        """
        return [made.value for made in self.output()]

    def clear(self) -> None:
        """Forget the rows that came out so far."""
        self._begin = len(self._made)

    @property
    def cleared(self) -> int:
        """How many rows `clear` has made forgotten."""
        return self._begin

    @property
    def watermark_ms(self) -> int | None:
        """The watermark that came out last; None if none has."""
        watermark_ms = MIN_TIMESTAMP if self._gate is None else self._gate.watermark_ms
        return None if watermark_ms == MIN_TIMESTAMP else watermark_ms

    def attach(self, gate: Gate) -> None:
        """Take rows from there, from now on."""
        self._gate = gate

    def take(self, note: Callable[[Collected, int, MadeRow], None]) -> None:
        """Take what has come, and note each row with its number."""
        while self._gate is not None and (element := self._gate.poll()) is not None:
            if isinstance(element, Batch):
                for made in made_rows(element):
                    note(self, len(self._made), made)
                    self._made.append(made)


def made_rows(batch: Batch) -> list[MadeRow]:
    """Take a batch apart."""
    times: list[int] = [] if batch.times is None else memoryview(batch.times).tolist()
    known = [None if time_ms == MIN_TIMESTAMP else time_ms for time_ms in times]
    rows = batch.objects()
    return [MadeRow(*each) for each in zip(rows, known or [None] * len(rows), strict=True)]
