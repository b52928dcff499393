"""Elements as frames: what a sender writes into a ring or a message, and a receiver reads.

Kinds of frames 16 and above are described in docs/spec/ring_frames.md.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flinkette._native.batch import Batch
from flinkette._native.batch_frames import BatchLayout, BatchSchema
from flinkette.exchange.element import EndOfInput, StatusChange, Watermark
from flinkette.exchange.row_forms import RowForms, from_ipc, loads

if TYPE_CHECKING:
    from flinkette._native.ring import Frame
    from flinkette.exchange.element import Element

__all__ = ["ElementReader", "ElementWriter", "FrameSink"]

SCHEMA = 4
COLUMNS = 5
WATERMARK = 16
STATUS = 17
END_OF_INPUT = 18
FIRST_PART = 19
PART = 20

LEAST_ROWS = 64
"""So many rows share a frame if they fit at all, however little may be on its way."""

PART_HEADER = struct.Struct("<B7xq")


class FrameSink(Protocol):
    """Where frames go: the producer's end of a ring, or a message that is being made."""

    @property
    def max_payload_bytes(self) -> int:
        """Largest payload of a frame."""

    @property
    def wanted_payload_bytes(self) -> int:
        """Payload that batches are cut down to; a row that is larger still goes in one frame."""

    def reserve(self, payload_bytes: int) -> memoryview | None:
        """Open a frame and return its memory; None if there is no room now."""

    def publish(self, kind: int, argument: int = 0) -> bool:
        """Show the open frame to the reader; True if he has to be woken."""


@dataclass
class _Payload:
    """A frame, or what is left of one that travels in parts."""

    kind: int
    argument: int
    payload: bytes | bytearray = b""
    sent_bytes: int = 0


@dataclass
class _Rows:
    """Rows of a batch that are not laid out yet: those from `start` on."""

    batch: Batch
    start: int = 0

    def part(self, rows: int) -> Batch:
        """Return the next so many of them, with the marks among them."""
        stop = self.start + rows
        part = self.batch.slice(self.start, stop)
        marks = self.batch.marks
        if marks is None or part is self.batch:
            return part
        return part.with_marks(marks.in_rows(self.start, stop))


class ElementWriter:
    """Turns elements into frames. What finds no room stays pending, at most one element.

    Batches that do not fit a frame are cut by rows, marks among them; a single row that does not
    fit travels in parts. One thread at a time.
    """

    def __init__(self, frames: FrameSink) -> None:
        self._frames = frames
        self._max_bytes = frames.max_payload_bytes
        self._schemas: dict[bytes, int] = {}
        self._steps: deque[_Rows | BatchLayout | _Payload] = deque()
        self._forms = RowForms()
        self._fitting_rows = 0
        self.needed_bytes = 0
        """Payload of the frame that found no room."""
        self.must_wake = False
        """Whether the reader has to be woken since this was last reset."""
        self.written_bytes = 0
        """Payload of all frames so far."""

    @property
    def has_pending(self) -> bool:
        """Whether a part of an element waits for room."""
        return bool(self._steps)

    def write(self, element: Element) -> bool:
        """Write an element as far as there is room; only when nothing is pending.

        Returns whether all of it was written.
        """
        if isinstance(element, Batch):
            self._steps.append(_Rows(element))
        elif isinstance(element, Watermark):
            self._steps.append(_Payload(WATERMARK, element.time_ms))
        elif isinstance(element, StatusChange):
            self._steps.append(_Payload(STATUS, int(element.is_idle)))
        else:
            self._steps.append(_Payload(END_OF_INPUT, 0))
        return self.resume()

    def resume(self) -> bool:
        """Write what is pending as far as there is room; True when nothing is left."""
        steps = self._steps
        while steps:
            step = steps[0]
            if isinstance(step, _Rows):
                self._prepare(step)
            elif isinstance(step, BatchLayout):
                if not self._write_layout(step):
                    return False
            elif self._write_payload(step):
                steps.popleft()
            else:
                return False
        return True

    def _prepare(self, left: _Rows) -> None:
        """Lay out as many of the next rows as fit a frame."""
        rows = left.batch.num_rows - left.start
        if self._fitting_rows:
            rows = min(rows, self._fitting_rows)
        while True:
            layout = self._forms.lay_out(left.part(rows))
            is_crowd = rows > LEAST_ROWS
            limit = self._frames.wanted_payload_bytes if is_crowd else self._max_bytes
            is_small = layout.size_bytes <= limit
            if self._fitting_rows or not is_small:
                # rows vary in size: aim at three quarters of a frame
                fitting = rows * 3 * limit // (4 * layout.size_bytes)
                if layout.size_bytes * 4 <= limit * 3:
                    # a dictionary may be most of the frame: the next one tries more rows anyway
                    fitting = max(fitting, rows + rows // 4 + 1)
                self._fitting_rows = max(LEAST_ROWS if is_crowd else 1, fitting)
            if is_small or rows <= 1:
                break
            rows = min(self._fitting_rows, rows - 1)
        left.start += rows
        if left.start >= left.batch.num_rows:
            self._steps.popleft()
        self._steps.appendleft(layout)

    def _write_layout(self, layout: BatchLayout) -> bool:
        """Write the frame of the layout at the head of the steps, or put what comes before it."""
        number = self._schemas.get(layout.schema)
        if number is None:
            number = self._schemas[layout.schema] = len(self._schemas)
            self._steps.appendleft(_Payload(SCHEMA, number, layout.schema))
        elif layout.size_bytes > self._max_bytes:
            whole = bytearray(layout.size_bytes)
            layout.write(whole)
            self._steps[0] = _Payload(COLUMNS, number, whole)
        else:
            view = self._reserve(layout.size_bytes)
            if view is None:
                return False
            layout.write(view)
            view.release()
            self.must_wake |= self._frames.publish(COLUMNS, number)
            self.written_bytes += layout.size_bytes
            self._steps.popleft()
        return True

    def _write_payload(self, frame: _Payload) -> bool:
        """Write a frame, or the rest of its parts; False when there is no room."""
        size = len(frame.payload)
        if size <= self._max_bytes:
            return self._write_frame(frame.kind, frame.argument, b"", frame.payload)
        while frame.sent_bytes < size:
            start = frame.sent_bytes
            kind, argument, header = PART, start, b""
            if start == 0:
                kind, argument = FIRST_PART, size
                header = PART_HEADER.pack(frame.kind, frame.argument)
            end = min(size, start + self._max_bytes - len(header))
            if not self._write_frame(kind, argument, header, memoryview(frame.payload)[start:end]):
                return False
            frame.sent_bytes = end
        return True

    def _write_frame(
        self, kind: int, argument: int, header: bytes, body: bytes | bytearray | memoryview
    ) -> bool:
        view = self._reserve(len(header) + len(body))
        if view is None:
            return False
        view[: len(header)] = header
        view[len(header) :] = body
        view.release()
        self.must_wake |= self._frames.publish(kind, argument)
        self.written_bytes += len(header) + len(body)
        return True

    def _reserve(self, payload_bytes: int) -> memoryview | None:
        view = self._frames.reserve(payload_bytes)
        if view is None:
            self.needed_bytes = payload_bytes
        return view


@dataclass
class _Joining:
    """A frame that comes in parts."""

    kind: int
    argument: int
    size_bytes: int
    payload: bytearray


class ElementReader:
    """Turns frames back into elements. One thread at a time.

    Parameters
    ----------
    is_lent
        Whether frames lie in memory that their lender wants back, as those of a ring do.
    """

    def __init__(self, *, is_lent: bool) -> None:
        self._is_lent = is_lent
        self._schemas: dict[int, BatchSchema] = {}
        self._joining: _Joining | None = None
        self.read_bytes = 0
        """Payload of all frames so far."""

    @property
    def is_joining(self) -> bool:
        """Whether parts of a frame have come, and others have not."""
        return self._joining is not None

    def read(
        self, kind: int, argument: int, payload: Frame | bytes | bytearray | memoryview
    ) -> Element | None:
        """Take the next frame; return the element it completes, or None.

        Raises
        ------
        ValueError, TypeError
            The frame is malformed, or has no place here.
        """
        self.read_bytes += len(payload)
        return self._take(kind, argument, payload, is_lent=self._is_lent)

    def _take(
        self,
        kind: int,
        argument: int,
        payload: Frame | bytes | bytearray | memoryview,
        *,
        is_lent: bool,
    ) -> Element | None:
        if kind in (FIRST_PART, PART):
            return self._join(kind, argument, payload)
        if self._joining is not None:
            raise ValueError(f"a frame of kind {kind} between the parts of another")
        if kind == COLUMNS:
            schema = self._schemas.get(argument)
            if schema is None:
                raise ValueError(f"rows of schema {argument}, which nobody announced")
            return schema.batch_of(payload, loads=loads, from_ipc=from_ipc, is_lent=is_lent)
        if kind == SCHEMA:
            if argument != len(self._schemas):
                raise ValueError(f"schema {argument} after {len(self._schemas)} others")
            self._schemas[argument] = BatchSchema(payload)
            return None
        return control_element(kind, argument, len(payload))

    def _join(
        self, kind: int, argument: int, payload: Frame | bytes | bytearray | memoryview
    ) -> Element | None:
        joining = self._joining
        with memoryview(payload) as view:
            if kind == FIRST_PART:
                if joining is not None or len(view) < PART_HEADER.size:
                    raise ValueError(f"a first part of {len(view)} bytes, or parts are missing")
                whole_kind, whole_argument = PART_HEADER.unpack_from(view)
                joining = _Joining(
                    whole_kind, whole_argument, argument, bytearray(view[PART_HEADER.size :])
                )
            elif joining is None or argument != len(joining.payload):
                raise ValueError(f"a part for byte {argument} of a frame that is not there")
            else:
                joining.payload += view
        if len(joining.payload) > joining.size_bytes:
            raise ValueError(f"parts of more than the {joining.size_bytes} bytes announced")
        if len(joining.payload) < joining.size_bytes:
            self._joining = joining
            return None
        self._joining = None
        if joining.kind not in (SCHEMA, COLUMNS):
            raise ValueError(f"a frame of kind {joining.kind} in parts")
        return self._take(joining.kind, joining.argument, joining.payload, is_lent=False)


def control_element(kind: int, argument: int, payload_bytes: int) -> Element:
    """Make the element of a frame that is nothing but its header."""
    if payload_bytes == 0:
        if kind == WATERMARK:
            return Watermark(argument)
        if kind == STATUS and argument in (0, 1):
            return StatusChange(is_idle=argument == 1)
        if kind == END_OF_INPUT:
            return EndOfInput()
    raise ValueError(
        f"a frame of kind {kind}, argument {argument} and {payload_bytes} bytes is no element"
    )
