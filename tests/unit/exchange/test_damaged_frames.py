"""Whatever stands in a ring or comes in a message is an element or an error, never a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.marks import Marks
from flinkette._native.ring import create_ring
from flinkette.contracts.errors import ExchangeError, WorkerLostError
from flinkette.exchange.element import Element, EndOfInput, StatusChange, Watermark
from flinkette.exchange.element_frames import ElementReader, ElementWriter
from flinkette.exchange.ring_channel import RingReceiver
from unit.exchange.elements import events

SPEC = Path(__file__).parents[3] / "docs/spec/ring_frames_vectors.json"
VECTORS = json.loads(SPEC.read_text(encoding="utf-8"))

pytestmark = pytest.mark.usefixtures("no_leaks")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_no_vector_of_the_spec_is_an_element(vector: dict[str, Any]) -> None:
    """Right ones are bytes of other users of rings, wrong ones break the ring."""
    memory = create_ring(64 << 10, attempt=7, channel=1)
    receiver = RingReceiver(memory, lambda: None)
    frame = bytes.fromhex(vector["frame"])
    with memoryview(memory) as view:
        view[4096 : 4096 + len(frame)] = frame
        view[128:136] = (-(-max(len(frame), 1) // 64) * 64).to_bytes(8, "little")
    try:
        found = receiver.poll()
    except ExchangeError as error:
        assert str(error).startswith("channel 1: ")  # noqa: PT017
    else:
        # a right one of another attempt is passed over
        assert (vector["status"], found) == ("ok", None)


class Frames:
    """Keeps what is written."""

    max_payload_bytes = wanted_payload_bytes = 2000

    def __init__(self) -> None:
        self.written: list[tuple[int, int, bytearray]] = []
        self._open = bytearray()

    def reserve(self, payload_bytes: int) -> memoryview:
        self._open = bytearray(payload_bytes)
        return memoryview(self._open)

    def publish(self, kind: int, argument: int = 0) -> bool:
        self.written.append((kind, argument, self._open))
        return False


def example() -> list[Element]:
    """One of everything but pickles, which are trusted as the code of the job is."""
    texts = Column.from_objects([f"text {row}" for row in range(300)])
    marks = Marks(Int64Buffer.of([0, 150, 300]), Int64Buffer.of([1, 2, 3]))
    columns = Batch.from_columns(
        [texts, Column.from_objects([row / 2 for row in range(300)])], ["t", "f"], keys=texts
    )
    return [
        columns.with_times(Int64Buffer.of(list(range(300)))).with_marks(marks),
        Watermark(5),
        StatusChange(is_idle=True),
        Batch.from_objects([(1, None, "x"), (2, True, "y")], keys=[1, 2], kinds=b"\0\3"),
        Batch.from_objects(["long" * 2000, "short"]),
        EndOfInput(),
    ]


def frames() -> list[tuple[int, int, bytearray]]:
    sink = Frames()
    writer = ElementWriter(sink)
    for element in example():
        assert writer.write(element)
    return sink.written


def read(written: list[tuple[int, int, bytearray]]) -> list[Element]:
    reader = ElementReader(is_lent=False)
    found = (reader.read(*frame) for frame in written)
    return [element for element in found if element is not None]


def test_frames_that_are_whole_are_the_elements() -> None:
    assert events(read(frames())) == events(example())


@given(st.data())
def test_frames_that_are_damaged_are_elements_or_an_error(data: st.DataObject) -> None:
    written = frames()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(written) - 1))
        kind, argument, payload = written[at]
        damage = data.draw(st.sampled_from(["byte", "cut", "kind", "argument", "drop", "repeat"]))
        if damage == "byte" and payload:
            place = data.draw(st.integers(0, min(len(payload), 600) - 1))
            payload[place] = data.draw(st.integers(0, 255))
        elif damage == "cut":
            del payload[data.draw(st.integers(0, len(payload))) :]
        elif damage == "kind":
            written[at] = (data.draw(st.integers(3, 21)), argument, payload)
        elif damage == "argument":
            written[at] = (kind, data.draw(st.integers(-3, 3)), payload)
        elif damage == "drop" and len(written) > 1:
            del written[at]
        else:
            written.insert(at, (kind, argument, bytearray(payload)))
    try:
        events(read(written))
    except (ValueError, TypeError, NotImplementedError):
        pass
    except WorkerLostError as error:
        pytest.fail(f"no frame can say that: {error}")
