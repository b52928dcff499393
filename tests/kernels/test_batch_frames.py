"""Batches through frames of a ring come out as they went in, whatever their columns are."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch, TupleNames
from flinkette._native.batch_frames import BatchSchema, KeysNeedPickle, lay_out
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.lent import retain
from flinkette._native.marks import Marks
from flinkette._native.ring import RingReader, RingWriter, create_ring
from flinkette._native.typed_objects import type_objects
from kernels.arrow_arrays import FLAT, or_none

CAPACITY = 1 << 20
int64s = st.integers(-(2**63), 2**63 - 1)

pytestmark = pytest.mark.usefixtures("no_leaks")


class Channel:
    """Both ends of a ring; every batch is announced anew."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        memory = create_ring(capacity)
        self.writer, self.reader = RingWriter(memory), RingReader(memory)

    def through(self, batch: Batch, **forms: Any) -> Batch:
        layout = lay_out(batch, **forms)
        view = self.writer.reserve(layout.size_bytes)
        assert view is not None
        layout.write(view)
        view.release()
        self.writer.publish(5)
        frame = self.reader.take()
        assert frame is not None
        return BatchSchema(layout.schema).batch_of(
            frame, loads=unpickled, from_ipc=unpickled, is_lent=True
        )


def unpickled(column: Column) -> Any:
    return pickle.loads(memoryview(column))


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
        view = channel.writer.reserve(channel.writer.max_payload_bytes)
        assert view is not None
        view[:] = b"\xee" * len(view)
        view.release()
        channel.writer.publish(16)
        channel.reader.take()
        channel.reader.release()


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


def test_a_dictionary_larger_than_the_batch_is_not_sent_whole() -> None:
    values = pa.array([f"value {at}" for at in range(100_000)])
    array = pa.DictionaryArray.from_arrays(pa.array([99_999, 7, None, 99_999], pa.int32()), values)
    found = Channel(64 << 10).through(Batch.from_columns([Column.from_arrow(array)], ["d"]))
    sent = as_arrow(found.columns[0])
    assert sent.to_pylist() == array.to_pylist()
    assert sent.dictionary.to_pylist() == ["value 99999", "value 7"]


def test_what_frames_do_not_carry_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="type its rows or pickle them"):
        lay_out(Batch.from_objects([1, 2]))
    lists = Batch.from_columns([Column.from_arrow(pa.array([[1]]))], ["l"])
    with pytest.raises(TypeError, match=r"no columns of list<.*send such rows as objects"):
        lay_out(lists)
    with pytest.raises(KeysNeedPickle, match="keys of no plain type"):
        lay_out(Batch.from_columns([Column.from_objects([1])], keys=[(1, 2)]))
    with pytest.raises(ValueError, match="begins at a multiple of 8"):
        lay_out(named(3)).write(bytearray(10))


def test_times_and_keys_that_are_columns_of_the_batch_are_sent_once_and_stay_so() -> None:
    column = Column.from_objects([5, 6, 7])
    batch = Batch.from_columns([column], ["v"], column.times_ms(), keys=column)
    assert lay_out(batch).size_bytes < lay_out(batch.with_keys([5, 6, 7])).size_bytes
    channel = Channel()
    found = channel.through(batch)
    for each in (found, retain(found)):
        assert each.keys is each.columns[0]
        assert list(each.slice(1, 3).times) == [6, 7]
    kept = retain(found)
    del found, each
    channel.reader.release()
    fill_ring(channel)
    assert list(kept.times) == kept.keys.to_objects() == [5, 6, 7]


def test_only_what_is_lent_is_copied() -> None:
    batch = named(3)
    assert retain(batch) is batch
    objects = Batch.from_objects([1, 2], Int64Buffer.of([3, 4]))
    assert retain(objects) is objects
    channel = Channel()
    found = channel.through(batch)
    kept = retain(found)
    assert kept is not found
    assert retain(kept) is kept
    arrow = pa.record_batch(found)
    del found
    channel.reader.release()
    fill_ring(channel)
    assert arrow.to_pydict() == {"v": [0, 1, 2]}


def test_rows_of_objects_come_as_objects_and_hold_nothing_of_the_frame() -> None:
    channel = Channel()
    rows = [{"a": 1}, {"b": (2,)}]
    batch = Batch.from_objects(rows, Int64Buffer.of([1, 2]), keys=["x", "y"])
    found = channel.through(batch, pickled=pickle.dumps(rows))
    typed = channel.through(Batch.from_objects([1, None]), typed=type_objects([1, None]))
    channel.reader.release()
    fill_ring(channel)
    assert (found.objects(), found.keys, list(found.times)) == (rows, ["x", "y"], [1, 2])
    assert typed.objects() == [1, None]
    assert not found.is_columnar
    assert not typed.is_columnar


SCHEMA = lay_out(Batch.from_columns([Column.from_objects([1, 2])], ["v"])).schema


@given(st.binary(max_size=60) | st.integers(0, len(SCHEMA) - 1).map(lambda at: SCHEMA[:at]))
def test_a_schema_that_is_cut_or_noise_is_an_error(payload: bytes) -> None:
    with pytest.raises((ValueError, TypeError, NotImplementedError)):
        BatchSchema(payload)


@given(st.data())
def test_damaged_rows_are_an_error_or_rows(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5))
    batch = Batch.from_columns(
        [Column.from_objects(["ä"] * size), Column.from_objects([1.5] * size)],
        TupleNames(["a", "b"]),
        Int64Buffer.of([7] * size),
        keys=Column.from_objects(["k"] * size),
    ).with_marks(Marks(Int64Buffer.of([0, size]), Int64Buffer.of([1, 2])))
    layout = lay_out(batch)
    payload = bytearray(layout.size_bytes)
    layout.write(payload)
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    cut = payload[: data.draw(st.integers(0, len(payload)) | st.just(len(payload)))]
    try:
        found = BatchSchema(layout.schema).batch_of(cut, loads=unpickled, from_ipc=unpickled)
        found.slice(0, found.num_rows).columns[1].to_objects()
    except (ValueError, TypeError):
        pass
