"""Inputs of a harness: what a test pushes becomes elements on a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.values import ConversionError, fix_list
from flinkette.contracts.errors import InvalidPipelineError, RowConversionError
from flinkette.contracts.windows import MAX_TIMESTAMP, MIN_TIMESTAMP
from flinkette.exchange.element import EndOfInput, StatusChange, Watermark
from flinkette.runtime.operators.rows import converter_of
from flinkette.testing.history import Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.exchange.element import Element
    from flinkette.testing.harness import Harness

__all__ = ["HarnessInput"]


class HarnessInput:
    """One input of what is tested.

    Parameters
    ----------
    harness : Harness
        The harness.
    name : str
        What drawings call it; empty if there is but one.
    node_id : int
        The transformation in whose place it is.
    type_info : TypeInformation or None
        Type that pushed rows are converted to.
    """

    def __init__(
        self, harness: Harness, name: str, node_id: int, type_info: TypeInformation | None
    ) -> None:
        self._harness = harness
        self._name = name
        self._node_id = node_id
        self._converter = converter_of(type_info)
        self._watermark_ms = MIN_TIMESTAMP
        self._is_idle = False
        self._has_ended = False

    def push(self, value: Any, at: int | None = None) -> None:
        """Push a row, and let everything come of it that comes at once.

        Parameters
        ----------
        value : object
            The row; converted to the stream's declared type.
        at : int, optional
            Its event time in ms.

        Raises
        ------
        RowConversionError
            If it does not fit the declared type.
        UserFunctionError
            If the user's function raised.
        """
        self.push_rows([(value, at)])

    def push_rows(self, rows: Iterable[tuple[Any, int | None]]) -> None:
        """Push several rows, with their event times, before anything comes of them.

        Parameters
        ----------
        rows : iterable of (value, time in ms or None)
            The rows.
        """
        pairs = list(rows)
        if not pairs:
            return
        values = [value for value, _ in pairs]
        try:
            own = fix_list(values) if self._converter is None else self._convert(values)
        except ConversionError as error:
            raise RowConversionError(
                f"push: {error}; change the value or the declared type"
            ) from error
        times = [MIN_TIMESTAMP if at is None else at for _, at in pairs]
        has_times = any(at is not None for _, at in pairs)
        batch = Batch.from_objects(own, Int64Buffer.of(times) if has_times else None)
        steps = [
            Step("o", repr(value) if at is None else f"{value!r} at {at}", at)
            for value, at in pairs
        ]
        self._put([batch], steps)

    def push_watermark(self, time_ms: int) -> None:
        """Say that no row at or before a time is to come.

        Parameters
        ----------
        time_ms : int
            Event time in ms, not below the last one of this input.

        Raises
        ------
        ValueError
            If it goes back.
        """
        if time_ms < self._watermark_ms:
            raise ValueError(
                f"push_watermark({time_ms}) after {self._watermark_ms}: watermarks do not go back; "
                "push late rows after the watermark instead"
            )
        self._watermark_ms = time_ms
        self._put([Watermark(time_ms)], [Step("W", f"watermark {time_ms}", time_ms)])

    def mark_idle(self) -> None:
        """Say that this input has nothing for now: others decide about the watermark.

        The next row or watermark makes it active again, as it does a source's.
        """
        self._put([StatusChange(is_idle=True)], [Step("i", "idle")])
        self._is_idle = True

    def mark_active(self) -> None:
        """Say that this input counts again."""
        self._put([StatusChange(is_idle=False)], [Step("i", "active")])

    def end(self) -> None:
        """End the input, as a source without further rows does: with the last watermark."""
        if not self._has_ended:
            self._put([Watermark(MAX_TIMESTAMP), EndOfInput()], [Step("E", "end")])
            self._has_ended = True

    @property
    def has_ended(self) -> bool:
        """Whether `end` was called."""
        return self._has_ended

    def _convert(self, values: list[Any]) -> list[Any]:
        assert self._converter is not None
        return self._converter.convert_list(values)

    def _put(self, elements: list[Element], steps: list[Step]) -> None:
        if self._has_ended:
            raise InvalidPipelineError(
                f"input {self._name or 'of the harness'} has ended; nothing can follow end()"
            )
        if self._is_idle:
            self._is_idle = False
            if not isinstance(elements[0], StatusChange):
                elements = [StatusChange(is_idle=False), *elements]
        for step in steps:
            step.text = f"{self._name}: {step.text}" if self._name else step.text
        self._harness._push(self._node_id, elements, steps)
