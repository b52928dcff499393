"""Batches through frames of a ring come out as they went in, whatever their columns are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch, TupleNames
from flinkette._native.batch_frames import BatchReader, BatchWriter, retain
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.marks import Marks
from flinkette._native.ring import RingReader, RingWriter, create_ring
from kernels.arrow_arrays import FLAT, or_none

CAPACITY = 1 << 20
int64s = st.integers(-(2**63), 2**63 - 1)

pytestmark = pytest.mark.usefixtures("no_leaks")


class Channel:
    """Both ends of a ring for batches."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        memory = create_ring(capacity)
        self.ring_writer, self.ring_reader = RingWriter(memory), RingReader(memory)
        self.writer, self.reader = BatchWriter(self.ring_writer), BatchReader(self.ring_reader)

    def through(self, batch: Batch) -> Batch:
        assert self.writer.write(batch) is not None
        found = self.reader.read()
        assert found is not None
        return found


@st.composite
def flat_arrays(draw: st.DrawFn, size: int) -> pa.Array:
    """Draw an array of `size` rows with nulls and an offset, plain or with a dictionary."""
    kind, values = draw(st.sampled_from(list(FLAT.items())))
    before = draw(st.integers(0, 9))
    after = draw(st.integers(0, 3))
    row = or_none(values) if draw(st.booleans()) else values
    whole = draw(st.lists(row, min_size=before + size + after, max_size=before + size + after))
    array = pa.array(whole, kind)
    has_views = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
    if not has_views and not pa.types.is_null(kind) and draw(st.booleans()):
        array = with_dictionary(draw, array)
    return array.slice(before, size)


def with_dictionary(draw: st.DrawFn, array: pa.Array) -> pa.Array:
    index = draw(st.sampled_from([pa.int8(), pa.uint16(), pa.int32(), pa.int64()]))
    places = draw(st.permutations(range(len(array))))
    return pa.DictionaryArray.from_arrays(pa.array(places, index), array)


def expected_type(kind: pa.DataType) -> pa.DataType:
    return {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}.get(kind, kind)


def as_arrow(column: Column) -> pa.Array:
    array = pa.array(column)
    array.validate(full=True)
    return array


@given(st.data(), st.integers(0, 20), st.integers(0, 4))
def test_columns_of_every_flat_type_come_out_as_they_went_in(
    data: st.DataObject, size: int, width: int
) -> None:
    arrays = [data.draw(flat_arrays(size)) for _ in range(width)]
    names = [f"ä{at}" for at in range(width)]
    channel = Channel()
    batch = Batch.from_columns([Column.from_arrow(array) for array in arrays], names)
    for _ in range(2):
        found = channel.through(batch)
        kept = retain(found)
        for at, array in enumerate(arrays):
            wanted = array.cast(expected_type(array.type))
            assert as_arrow(found.columns[at]).to_pylist() == wanted.to_pylist()
            assert as_arrow(found.columns[at]).type == wanted.type
        assert found.names == tuple(names)
        del found
        channel.reader.release()
    fill_ring(channel)
    for at, array in enumerate(arrays):
        assert as_arrow(kept.columns[at]).to_pylist() == array.to_pylist()


def fill_ring(channel: Channel) -> None:
    """Overwrite what was released."""
    for _ in range(4):
        view = channel.ring_writer.reserve(channel.ring_writer.max_payload_bytes)
        assert view is not None
        view[:] = b"\xee" * len(view)
        view.release()
        channel.ring_writer.publish(16)
        channel.ring_reader.take()
        channel.ring_reader.release()


@given(st.data(), st.integers(1, 10))
def test_what_stands_beside_the_rows_goes_with_them(data: st.DataObject, size: int) -> None:
    def numbers() -> Int64Buffer:
        return Int64Buffer.of(data.draw(st.lists(int64s, min_size=size, max_size=size)))

    def maybe(value: Any) -> Any:
        return value if data.draw(st.booleans()) else None

    stops = sorted(data.draw(st.lists(st.integers(0, size), min_size=1, max_size=3)))
    times = [7 * at for at in range(len(stops))]
    marks = maybe(Marks(Int64Buffer.of(stops), Int64Buffer.of(times)))
    keys = maybe(data.draw(st.sampled_from([list(range(size)), ["k"] * size, [None] * size])))
    batch = Batch.from_columns(
        [Column.from_objects(list(range(size)))],
        None,
        maybe(numbers()),
        keys=maybe(keys if keys is None else Column.from_objects(keys)) or keys,
        hashes=maybe(numbers()),
        kinds=maybe(bytes(data.draw(st.binary(min_size=size, max_size=size)))),
    ).with_marks(marks)
    channel = Channel()
    found = channel.through(batch)
    kept = retain(found)

    def beside(of: Batch) -> Any:
        keys = of.keys.to_objects() if isinstance(of.keys, Column) else of.keys
        times = None if of.times is None else list(of.times)
        hashes = None if of.hashes is None else list(of.hashes)
        return of.objects(), times, keys, hashes, of.kinds, of.marks

    assert beside(found) == beside(batch)
    assert beside(kept) == beside(batch)
    del found
    channel.reader.release()
    fill_ring(channel)
    assert beside(kept) == beside(batch)


def named(rows: int, name: str = "v") -> Batch:
    return Batch.from_columns([Column.from_objects(list(range(rows)))], [name])


def test_a_row_stays_a_row_and_a_tuple_a_tuple() -> None:
    channel = Channel()
    column = Column.from_objects([1])
    for names in (None, ["a"], TupleNames(["a"])):
        batch = Batch.from_columns([column], names)
        found = channel.through(batch)
        assert type(found.objects()[0]) is type(batch.objects()[0])
        assert found.objects() == batch.objects()


def test_a_schema_is_announced_once_and_again_only_when_it_changes() -> None:
    channel = Channel()
    for batch in (named(3), named(5), named(5).slice(0, 0), named(2, "w"), named(1)):
        channel.writer.write(batch)
    kinds = []
    while (frame := channel.ring_reader.take()) is not None:
        kinds.append((frame.kind, frame.argument))
    schema, columns = 4, 5
    announced = [(schema, 0), (columns, 0), (columns, 0), (columns, 0)]
    assert kinds == [*announced, (schema, 1), (columns, 1), (columns, 0)]


def test_a_frame_is_not_given_back_while_a_column_of_it_lives() -> None:
    channel = Channel()
    column = channel.through(named(3)).column("v")
    with pytest.raises(BufferError, match="views of frames are alive"):
        channel.reader.release()
    assert column.to_objects() == [0, 1, 2]
    del column
    channel.reader.release()


def test_columns_outlive_both_ends_of_the_ring() -> None:
    channel = Channel()
    column = channel.through(named(3)).column("v")
    del channel
    assert column.to_objects() == [0, 1, 2]


def test_a_full_ring_is_tried_again() -> None:
    channel = Channel(64 << 10)
    batch = named(1000)
    while channel.writer.write(batch) is not None:
        pass
    count = 0
    while (found := channel.reader.read()) is not None:
        assert found.num_rows == 1000
        count += 1
    assert count >= 7
    del found
    channel.reader.release()
    assert channel.writer.write(batch) is not None


def test_a_dictionary_larger_than_the_batch_is_not_sent_whole() -> None:
    values = pa.array([f"value {at}" for at in range(100_000)])
    array = pa.DictionaryArray.from_arrays(pa.array([99_999, 7, None, 99_999], pa.int32()), values)
    found = Channel(64 << 10).through(Batch.from_columns([Column.from_arrow(array)], ["d"]))
    sent = as_arrow(found.columns[0])
    assert sent.to_pylist() == array.to_pylist()
    assert sent.dictionary.to_pylist() == ["value 99999", "value 7"]


def test_what_frames_do_not_carry_is_refused_by_name() -> None:
    channel = Channel(64 << 10)
    with pytest.raises(TypeError, match="send its rows as objects"):
        channel.writer.write(Batch.from_objects([1, 2]))
    lists = Batch.from_columns([Column.from_arrow(pa.array([[1]]))], ["l"])
    with pytest.raises(TypeError, match=r"no columns of list<.*send such rows as objects"):
        channel.writer.write(lists)
    with pytest.raises(IndexError, match="travel in memory of their own"):
        channel.writer.write(named(100_000))
    view = channel.ring_writer.reserve(1)
    assert view is not None
    view.release()
    channel.ring_writer.publish(16)
    while channel.ring_reader.peek().kind == 4:
        channel.ring_reader.take()
    with pytest.raises(TypeError, match="kind 16 holds no batch"):
        channel.reader.read()


def test_rows_of_a_schema_nobody_announced_are_refused() -> None:
    channel = Channel()
    channel.writer.write(named(1))
    channel.ring_reader.take()
    with pytest.raises(ValueError, match="schema 0, which nobody announced"):
        channel.reader.read()
