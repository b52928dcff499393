"""The gate: nothing lost, order per channel, one merged sequence of watermarks, one end."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.marks import Marks
from flinkette.exchange.channel import LocalChannel
from flinkette.exchange.element import EndOfInput, StatusChange, Watermark
from flinkette.exchange.gate import Gate

SCRIPTS = st.lists(
    st.lists(st.integers(0, 50) | st.sampled_from(["row", "idle", "active"]), max_size=12),
    min_size=1,
    max_size=3,
)


def element(script: Any, channel: int, place: int) -> Any:
    if isinstance(script, int):
        return Watermark(script)
    if script == "row":
        return Batch.from_objects([(channel, place)])
    return StatusChange(is_idle=script == "idle")


def drain(gate: Gate) -> list[Any]:
    seen = []
    while (each := gate.poll()) is not None:
        seen.append(each)
    return seen


@given(SCRIPTS)
def test_every_row_of_every_channel_arrives_once_and_in_order(scripts: list[list[Any]]) -> None:
    channels = [LocalChannel(100) for _ in scripts]
    for index, script in enumerate(scripts):
        for place, each in enumerate(script):
            channels[index].put(element(each, index, place))
        channels[index].put(EndOfInput())
    seen = drain(Gate(channels))
    rows = [row for each in seen if isinstance(each, Batch) for row in each.objects()]
    for index, script in enumerate(scripts):
        assert [place for channel, place in rows if channel == index] == [
            place for place, each in enumerate(script) if each == "row"
        ]
    assert [each for each in seen if isinstance(each, EndOfInput)] == [EndOfInput()]
    assert isinstance(seen[-1], EndOfInput)


def test_channels_are_read_in_turn() -> None:
    channels = [LocalChannel(10), LocalChannel(10)]
    for turn in range(3):
        for index, channel in enumerate(channels):
            channel.put(Batch.from_objects([(index, turn)]))
    rows = [batch.objects()[0] for batch in drain(Gate(channels))]
    assert rows == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]


def test_an_empty_gate_has_nothing_and_goes_on_later() -> None:
    channel = LocalChannel()
    gate = Gate([channel])
    assert gate.poll() is None
    channel.put(Watermark(3))
    assert gate.poll() == Watermark(3)
    assert gate.watermark_ms == 3


def marked(rows: list[int], found: list[tuple[int, int]]) -> Batch:
    stops, times = zip(*found, strict=True)
    marks = Marks(Int64Buffer.of(list(stops)), Int64Buffer.of(list(times)))
    return Batch.from_objects(rows).with_marks(marks)


def marks_in(batch: Batch) -> list[tuple[int, int]]:
    marks = batch.marks
    return [] if marks is None else list(zip(marks.stops, marks.times, strict=True))


def test_marks_of_one_channel_move_no_further_than_the_other_lets_them() -> None:
    channels = [LocalChannel(10), LocalChannel(10)]
    gate = Gate(channels)
    channels[1].put(Watermark(6))
    assert gate.poll() is None
    channels[0].put(marked([1, 2, 3], [(1, 4), (2, 8), (3, 9)]))
    batch = gate.poll()
    assert isinstance(batch, Batch)
    assert marks_in(batch) == [(1, 4), (2, 6)]
    assert gate.watermark_ms == 6
    channels[1].put(Watermark(20))
    assert drain(gate) == [Watermark(9)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-20, 60)), max_size=30),
    st.lists(st.sampled_from(["marks", "watermark"]), min_size=30, max_size=30),
)
def test_marks_merge_as_watermarks_between_batches_do(
    steps: list[tuple[int, int]], forms: list[str]
) -> None:
    plain, mixed = ([LocalChannel(200) for _ in range(3)] for _ in range(2))
    reached = [-(10**9)] * 3
    seen: list[list[Any]] = [[], []]
    gates = [Gate(plain), Gate(mixed)]
    for (index, time), form in zip(steps, forms, strict=False):
        reached[index] = time = max(reached[index] + 1, time)
        plain[index].put(Batch.from_objects([index]))
        plain[index].put(Watermark(time))
        if form == "marks":
            mixed[index].put(marked([index], [(1, time)]))
        else:
            mixed[index].put(Batch.from_objects([index]))
            mixed[index].put(Watermark(time))
        for found, gate in zip(seen, gates, strict=True):
            for each in drain(gate):
                if isinstance(each, Batch):
                    found += [*each.objects(), *(Watermark(time) for _, time in marks_in(each))]
                else:
                    found.append(each)
    assert seen[0] == seen[1]
